// Uses /swagger-ui/ as a newcomer with credentials of their own: Authorize with the client credentials, then Execute on the
// three documented requests as the page fills them in. Run by the test `swagger_ui`, with demo.env's variables.
"use strict";

const { click, execute, fill, open, run } = require("./swagger_page.cjs");

const { TILLGATE_CLIENT_ID, TILLGATE_CLIENT_SECRET } = process.env;
const OPERATIONS = [
  ["create_stripe_payment", "/api/stripe_payments"],
  ["create_checkout_com_payment", "/api/checkout_com_payments"],
  ["create_payment", "/api/v1/payments"],
];

/** Fills in the client credentials flow in the dialog. */
async function authorize(page) {
  await click(page, ".auth-wrapper .btn.authorize");
  const id = ".dialog-ux input[id^='client_id']";
  await fill(page, id, TILLGATE_CLIENT_ID);
  await fill(page, ".dialog-ux input[id^='client_secret']", TILLGATE_CLIENT_SECRET);
  await page.$eval(id, (input) => input.closest(".auth-container").querySelector(".auth-btn-wrapper .authorize").click());
  // Once a token is there the form shows it with a button to log out; a refusal shows the error instead.
  await page.waitForFunction(
    () => [...document.querySelectorAll(".dialog-ux .auth-btn-wrapper button")].some((b) => b.textContent === "Logout"),
  ).catch(async () => {
    throw new Error(`no token: ${await page.$eval(".dialog-ux", (node) => node.textContent)}`);
  });
  await click(page, ".dialog-ux .btn-done");
  await page.waitForSelector(".dialog-ux", { hidden: true });
}

run(async ({ page }) => {
  await authorize(page);
  for (const [id, path] of OPERATIONS) {
    await execute(page, await open(page, id), path, 201);
    console.log("ok", path);
  }
});
