// A payment from end to end by clicking in /swagger-ui/: a token for the demo, a card that is declined, one that needs 3-D
// Secure, the bank's page, placing the order and capturing. Run by the test `swagger_ui`, with demo.env's variables.
"use strict";

const assert = require("node:assert");
const { authorizeWithDemo, choose, click, execute, identify, open, run, write } = require("./swagger_page.cjs");

const { TILLGATE_URL, TILLGATE_SANDBOX_URL, TILLGATE_CHECKOUT_COM_ORDER_ID: ORDER } = process.env;
// Writes pictures of the page into a directory, for those who want to look at it.
const { TILLGATE_TEST_SCREENSHOTS } = process.env;

async function authenticate({ browser, page, block, watch }) {
  const opened = new Promise((done) => browser.once("targetcreated", done));
  await click(page, `${block} .workbench-buyer a`);
  const bank = await (await opened).page();
  await watch(bank);
  const button = await bank.waitForSelector('button[value="authenticate"]');
  assert.ok(bank.url().startsWith(`${TILLGATE_SANDBOX_URL}/sandbox/checkout_com/3ds/`), bank.url());
  await Promise.all([bank.waitForNavigation(), button.click()]);
  assert.ok(bank.url().startsWith(`${TILLGATE_URL}/payment_return`), bank.url());
  await bank.close();
}

async function picture(page, name) {
  if (!TILLGATE_TEST_SCREENSHOTS) return;
  for (const width of [1400, 420]) {
    await page.setViewport({ width, height: 1000 });
    await page.screenshot({ path: `${TILLGATE_TEST_SCREENSHOTS}/${name}-${width}.png` });
  }
  await page.setViewport({ width: 1400, height: 1000 });
}

run(async ({ browser, page, watch }) => {
  const headers = (await page.reload({ waitUntil: "networkidle0" })).headers();
  assert.match(headers["content-security-policy"], /script-src 'self';.*frame-ancestors 'none'/);
  assert.doesNotMatch(headers["content-security-policy"], /unsafe/);
  assert.strictEqual(headers["x-content-type-options"], "nosniff");
  assert.strictEqual(headers["referrer-policy"], "no-referrer");
  await picture(page, "start");

  await authorizeWithDemo(page);

  const create = await open(page, "create_checkout_com_payment");
  await picture(page, "search");
  await choose(page, create, "declined");
  const declined = (await execute(page, create, "/api/checkout_com_payments", 201)).data.attributes;
  assert.strictEqual(declined.payment_response.status, "Declined");
  await choose(page, create, "three_d_secure");
  const payment = (await execute(page, create, "/api/checkout_com_payments", 201)).data;
  await page.waitForSelector(`${create} .workbench-buyer`);
  await page.$eval(`${create} .workbench-buyer`, (buyer) => buyer.scrollIntoView({ block: "center" }));
  await picture(page, "payment");
  await authenticate({ browser, page, block: create, watch });

  const details = await open(page, "update_checkout_com_payment");
  await identify(page, details, payment.id);
  await write(page, details, { data: { type: "checkout_com_payments", id: payment.id, attributes: { _details: true } } });
  await execute(page, details, `/api/checkout_com_payments/${payment.id}`, 200);

  const place = await open(page, "update_order");
  await identify(page, place, ORDER);
  await write(page, place, { data: { type: "orders", id: ORDER, attributes: { _place: true } } });
  const placed = (await execute(page, place, `/api/orders/${ORDER}`, 200)).data.attributes;
  assert.deepStrictEqual([placed.status, placed.payment_status], ["placed", "authorized"]);

  const list = await open(page, "retrieve_order_authorizations");
  await identify(page, list, ORDER);
  const authorizations = (await execute(page, list, `/api/orders/${ORDER}/authorizations`, 200)).data;
  const { id } = authorizations.find((authorization) => authorization.attributes.succeeded);
  const capture = await open(page, "update_authorization");
  await identify(page, capture, id);
  await write(page, capture, { data: { type: "authorizations", id, attributes: { _capture: true } } });
  await execute(page, capture, `/api/authorizations/${id}`, 200);

  const order = await open(page, "retrieve_order");
  await identify(page, order, ORDER);
  assert.strictEqual((await execute(page, order, `/api/orders/${ORDER}`, 200)).data.attributes.payment_status, "paid");

  // The address of an operation opens it.
  await page.goto("about:blank");
  await page.goto(`${TILLGATE_URL}/swagger-ui/#/Payments/create_payment`, { waitUntil: "networkidle0" });
  await page.waitForSelector("#operations-Payments-create_payment.is-open");
  await picture(page, "deep-link");
  console.log("ok");
});
