// Uses /swagger-ui/ in a headless Chromium: Authorize with the demo's credentials, then "Try it out" and "Execute" on
// the three documented requests as the page fills them in. Run by the test `swagger_ui`, with demo.env's variables.
"use strict";

const assert = require("node:assert");
const puppeteer = require("puppeteer-core");

const { TILLGATE_URL, TILLGATE_CLIENT_ID, TILLGATE_CLIENT_SECRET, TILLGATE_TEST_CHROMIUM } = process.env;
const OPERATIONS = [
  ["post", "/api/stripe_payments"],
  ["post", "/api/checkout_com_payments"],
  ["post", "/api/v1/payments"],
];
const TIMEOUT = 60_000;

async function main() {
  const browser = await puppeteer.launch({
    executablePath: TILLGATE_TEST_CHROMIUM,
    // The sandbox of the browser can't be had as root in a container, and only our own page is opened.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  try {
    const page = await browser.newPage();
    page.setDefaultTimeout(TIMEOUT);
    await page.setViewport({ width: 1400, height: 1000 });
    const foreign = [];
    page.on("request", (request) => {
      const url = request.url();
      if (!url.startsWith(TILLGATE_URL) && !url.startsWith("data:") && !url.startsWith("blob:")) foreign.push(url);
    });
    await page.goto(`${TILLGATE_URL}/swagger-ui/`, { waitUntil: "networkidle0", timeout: TIMEOUT });
    await authorize(page);
    await openSections(page);
    for (const [method, path] of OPERATIONS) await tryOut(page, method, path);
    assert.deepStrictEqual(foreign, [], "the page asks other servers");
  } finally {
    await browser.close();
  }
}

/** Fills in the client credentials flow in the dialog. */
async function authorize(page) {
  await page.click(".auth-wrapper .authorize");
  const dialog = await page.waitForSelector(".dialog-ux .modal-ux");
  const id = await dialog.waitForSelector("input[id^='client_id']");
  await type(id, TILLGATE_CLIENT_ID);
  await type(await dialog.waitForSelector("input[id^='client_secret']"), TILLGATE_CLIENT_SECRET);
  const form = await id.evaluateHandle((input) => input.closest(".auth-container"));
  await (await form.$(".auth-btn-wrapper .authorize")).click();
  // Once a token is there the form shows it with a button to log out; a refusal shows the error instead.
  await page.waitForFunction(
    () => [...document.querySelectorAll(".dialog-ux .auth-btn-wrapper button")].some((b) => b.textContent === "Logout"),
  ).catch(async () => {
    throw new Error(`no token: ${await dialog.evaluate((node) => node.textContent)}`);
  });
  await page.click(".dialog-ux .btn-done");
}

async function type(input, text) {
  await input.click({ clickCount: 3 });
  await input.type(text);
}

/** The page comes with its sections closed. */
async function openSections(page) {
  for (const section of await page.$$('.opblock-tag[data-is-open="false"]')) {
    await section.evaluate((heading) => heading.click());
  }
}

/** Sends an operation's own example and expects 201. */
async function tryOut(page, method, path) {
  const block = await page.evaluateHandle(
    (verb, wanted) =>
      [...document.querySelectorAll(`.opblock-${verb}`)].find(
        // The page puts zero-width spaces into paths so that they can break.
        (node) => node.querySelector(".opblock-summary-path").textContent.replace(/\u200b/g, "") === wanted,
      ),
    method,
    path,
  );
  assert.ok(block.asElement(), `${method} ${path} is not in the page`);
  await block.$eval(".opblock-summary-control", (control) => control.click());
  // The page may be set up so that operations open ready to be tried out; the button then says "Cancel".
  await (await block.waitForSelector(".try-out__btn")).evaluate((button) => {
    if (!button.classList.contains("cancel")) button.click();
  });
  const answered = page.waitForResponse(
    (response) => response.url() === `${TILLGATE_URL}${path}` && response.request().method() === method.toUpperCase(),
  );
  await (await block.waitForSelector("button.execute")).evaluate((button) => button.click());
  const response = await answered;
  assert.strictEqual(response.status(), 201, `${path}: ${await response.text()}`);
  const shown = await block.waitForSelector(".live-responses-table .response .response-col_status");
  assert.match(await shown.evaluate((node) => node.textContent), /^201/);
  console.log("ok", path);
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
