// What the shop asks Tillgate for.

const JSON_API = "application/vnd.api+json";

export type Resource = { id: string; type: string; attributes: Record<string, unknown> };

export type Credentials = { url: string; clientId: string; clientSecret: string };

/** Tillgate said no: the status, and what it said. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    body: string,
  ) {
    super(`${status}: ${body}`);
  }
}

export class Shop {
  private constructor(
    private readonly url: string,
    private readonly token: string,
  ) {}

  static async open({ url, clientId, clientSecret }: Credentials): Promise<Shop> {
    const answer = await fetch(`${url}/oauth/token`, {
      method: "POST",
      body: new URLSearchParams({
        grant_type: "client_credentials",
        client_id: clientId,
        client_secret: clientSecret,
      }),
    });
    const token = (await answer.json()) as { access_token: string };
    return new Shop(url, token.access_token);
  }

  order(id: string): Promise<Resource> {
    return this.call("GET", `/api/orders/${id}`);
  }

  createOrder(market: string, email: string): Promise<Resource> {
    return this.call("POST", "/api/orders", {
      type: "orders",
      attributes: { customer_email: email },
      relationships: { market: { data: { type: "markets", id: market } } },
    });
  }

  /** Charges a card at once. `instrument` is what Stripe.js gave the page. */
  pay(order: string, instrument: string): Promise<Resource> {
    return this.call("POST", "/api/v1/payments", {
      type: "payments",
      attributes: { stripe_token: instrument },
      relationships: { order: { data: { type: "order", id: order } } },
    });
  }

  private async call(method: string, path: string, data?: object): Promise<Resource> {
    const answer = await fetch(this.url + path, {
      method,
      headers: {
        accept: JSON_API,
        authorization: `Bearer ${this.token}`,
        ...(data && { "content-type": JSON_API }),
      },
      body: data && JSON.stringify({ data }),
    });
    const text = await answer.text();
    if (!answer.ok) {
      throw new Refusal(answer.status, text);
    }
    return (JSON.parse(text) as { data: Resource }).data;
  }
}
