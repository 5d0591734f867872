import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";

import { Refusal, Shop } from "./shop.js";

const variable = (name: string): string => {
  const value = process.env[name];
  assert.ok(value, `${name} is not set: run these tests with "npm test"`);
  return value;
};

const url = variable("TILLGATE_URL");
const market = variable("TILLGATE_MARKET_ID");
const basket = variable("TILLGATE_FIXTURE_BASKET_ID");
const credentials = {
  url,
  clientId: variable("TILLGATE_CLIENT_ID"),
  clientSecret: variable("TILLGATE_CLIENT_SECRET"),
};

beforeEach(async () => {
  const answer = await fetch(`${url}/ephemeral/reset`, { method: "POST" });
  assert.equal(answer.status, 204);
});

test("an order is made for a customer", async () => {
  const shop = await Shop.open(credentials);
  const order = await shop.createOrder(market, "grace@example.com");
  assert.equal(order.attributes.customer_email, "grace@example.com");
});

test("a card pays the basket", async () => {
  const shop = await Shop.open(credentials);
  const payment = await shop.pay(basket, "pm_card_visa");
  assert.equal(payment.attributes.state, "finished");
  assert.equal((await shop.order(basket)).attributes.payment_status, "paid");
});

test("a declined card pays nothing", async () => {
  const shop = await Shop.open(credentials);
  await assert.rejects(shop.pay(basket, "pm_card_chargeDeclined"), (error) => {
    assert.ok(error instanceof Refusal);
    return error.status === 422;
  });
  assert.equal((await shop.order(basket)).attributes.payment_status, "unpaid");
});
