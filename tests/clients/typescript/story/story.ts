// The story of a payment through the generated client: an order is paid, captured and refunded; a card is declined; a
// mistake in a request is told as a typed object.
import assert from 'node:assert/strict';
import {
  createAccessToken,
  createLineItem,
  createOrder,
  createStripePayment,
  type ErrorDocument,
  retrieveCaptureRefunds,
  retrieveOrder,
  retrieveOrderAuthorizations,
  retrieveOrderCaptures,
  retrieveOrderPaymentSource,
  updateAuthorization,
  updateCapture,
  updateOrder,
  updateStripePayment,
} from 'tillgate-client';
import { createClient } from 'tillgate-client/client';

function setting(name: string): string {
  const value = process.env[name];
  assert(value, `${name} is not set`);
  return value;
}

const baseUrl = setting('TILLGATE_URL');
const token = await createAccessToken({
  client: createClient({ baseUrl }),
  throwOnError: true,
  body: {
    grant_type: 'client_credentials',
    client_id: setting('TILLGATE_CLIENT_ID'),
    client_secret: setting('TILLGATE_CLIENT_SECRET'),
  },
});
const client = createClient({ baseUrl, auth: () => token.data.access_token });
const call = { client, throwOnError: true } as const;

/** An order of two cups; its id. */
async function order(): Promise<string> {
  const market = { data: { type: 'markets', id: setting('TILLGATE_MARKET_ID') } } as const;
  const created = await createOrder({
    ...call,
    body: {
      data: { type: 'orders', attributes: { customer_email: 'jo@example.com' }, relationships: { market } },
    },
  });
  const { id } = created.data.data;
  await createLineItem({
    ...call,
    body: {
      data: {
        type: 'line_items',
        attributes: { name: 'Espresso cup', unit_amount_cents: 1250, quantity: 2 },
        relationships: { order: { data: { type: 'orders', id } } },
      },
    },
  });
  return id;
}

/** Pays the order with a test card, and authorizes the payment. */
async function pay(order: string, card: string): Promise<void> {
  const payment = await createStripePayment({
    ...call,
    body: {
      data: {
        type: 'stripe_payments',
        attributes: { options: { payment_method: card } },
        relationships: { order: { data: { type: 'orders', id: order } } },
      },
    },
  });
  const { id } = payment.data.data;
  await updateStripePayment({
    ...call,
    path: { id },
    body: { data: { type: 'stripe_payments', id, attributes: { _authorize: true } } },
  });
}

async function onlyAuthorization(order: string) {
  const found = await retrieveOrderAuthorizations({ ...call, path: { id: order } });
  assert.equal(found.data.meta.record_count, 1);
  return found.data.data[0]!;
}

async function paymentStatus(order: string) {
  return (await retrieveOrder({ ...call, path: { id: order } })).data.data.attributes.payment_status;
}

async function paid(): Promise<void> {
  const id = await order();
  await pay(id, 'pm_card_visa');
  const placed = await updateOrder({
    ...call,
    path: { id },
    body: { data: { type: 'orders', id, attributes: { _place: true } } },
  });
  const { attributes } = placed.data.data;
  assert.equal(attributes.status, 'placed');
  assert.equal(attributes.payment_status, 'authorized');
  assert.equal(attributes.total_amount_with_taxes_cents, 2500);
  assert.equal(attributes.currency_code, 'EUR');
  assert(attributes.placed_at instanceof Date && attributes.approved_at === null);

  const authorization = await onlyAuthorization(id);
  assert.equal(authorization.attributes.amount_cents, 2500);
  await updateAuthorization({
    ...call,
    path: { id: authorization.id },
    body: { data: { type: 'authorizations', id: authorization.id, attributes: { _capture: true } } },
  });
  assert.equal(await paymentStatus(id), 'paid');

  const captures = await retrieveOrderCaptures({ ...call, path: { id } });
  const capture = captures.data.data[0]!;
  assert.equal(capture.attributes.amount_cents, 2500);
  await updateCapture({
    ...call,
    path: { id: capture.id },
    body: {
      data: {
        type: 'captures',
        id: capture.id,
        attributes: { _refund: true, _refund_amount_cents: 500 },
      },
    },
  });
  const refunds = await retrieveCaptureRefunds({ ...call, path: { id: capture.id } });
  const refund = refunds.data.data[0]!;
  assert.equal(refund.attributes.amount_cents, 500);
  assert(refund.attributes.succeeded);
  assert.equal(await paymentStatus(id), 'partially_refunded');
  const source = await retrieveOrderPaymentSource({ ...call, path: { id } });
  assert(source.data.data?.type === 'stripe_payments' && source.data.data.attributes.stripe_id);
}

async function declined(): Promise<void> {
  const id = await order();
  await pay(id, 'pm_card_chargeDeclined');
  const { attributes } = await onlyAuthorization(id);
  assert.equal(attributes.succeeded, false);
  assert.equal(attributes.error_code, 'generic_decline');
  assert.equal(await paymentStatus(id), 'unpaid');
}

async function refused(): Promise<void> {
  const { data, error, response } = await createOrder({
    client,
    body: { data: { type: 'orders', attributes: { customer_email: 'nobody' } } },
  });
  assert(data === undefined && error !== undefined);
  assert.equal(response?.status, 422);
  const { errors }: ErrorDocument = error;
  assert.equal(errors.length, 1);
  assert.equal(errors[0]!.code, 'VALIDATION_ERROR');
  assert.equal(errors[0]!.source?.pointer, '/data/attributes/customer_email');
}

await paid();
await declined();
await refused();
