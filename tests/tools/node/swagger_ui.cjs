// Uses /swagger-ui/ as a newcomer with credentials of their own: Authorize with the client credentials, then Execute on the
// three documented requests as the page fills them in. Run by the test `swagger_ui`, with demo.env's variables.
"use strict";

const { execute, fill, open, run } = require("./swagger_page.cjs");

const { TILLGATE_CLIENT_ID, TILLGATE_CLIENT_SECRET } = process.env;
const OPERATIONS = [
  ["create_stripe_payment", "/api/stripe_payments"],
  ["create_checkout_com_payment", "/api/checkout_com_payments"],
  ["create_payment", "/api/v1/payments"],
];

/** Fills in the client credentials flow in the dialog. */
async function authorize(page) {
  await page.$eval(".auth-wrapper .btn.authorize", (button) => button.click());
  const dialog = await page.waitForSelector(".dialog-ux .modal-ux");
  const id = await dialog.waitForSelector("input[id^='client_id']");
  await fill(id, TILLGATE_CLIENT_ID);
  await fill(await dialog.waitForSelector("input[id^='client_secret']"), TILLGATE_CLIENT_SECRET);
  const form = await id.evaluateHandle((input) => input.closest(".auth-container"));
  await form.evaluate((node) => node.querySelector(".auth-btn-wrapper .authorize").click());
  // Once a token is there the form shows it with a button to log out; a refusal shows the error instead.
  await page.waitForFunction(
    () => [...document.querySelectorAll(".dialog-ux .auth-btn-wrapper button")].some((b) => b.textContent === "Logout"),
  ).catch(async () => {
    throw new Error(`no token: ${await dialog.evaluate((node) => node.textContent)}`);
  });
  await page.$eval(".dialog-ux .btn-done", (button) => button.click());
  await page.waitForSelector(".dialog-ux", { hidden: true });
}

run(async ({ page }) => {
  await authorize(page);
  for (const [id, path] of OPERATIONS) {
    await execute(page, await open(page, id), path, 201);
    console.log("ok", path);
  }
});
