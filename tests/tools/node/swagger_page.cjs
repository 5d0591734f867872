// /swagger-ui/ in a headless Chromium, used by clicking. It fails on what the browser reports as an error, and on requests
// to anyone but the service and the sandbox.
"use strict";

const assert = require("node:assert");
const puppeteer = require("puppeteer-core");

const { TILLGATE_URL, TILLGATE_SANDBOX_URL, TILLGATE_TEST_CHROMIUM } = process.env;
const TIMEOUT = 60_000;
const ORIGINS = [TILLGATE_URL, TILLGATE_SANDBOX_URL].map((url) => new URL(url).origin);

/** Opens the page, gives it to `story`, and judges at the end what the browser saw on all pages. */
async function withPage(story) {
  const browser = await puppeteer.launch({
    executablePath: TILLGATE_TEST_CHROMIUM,
    // The sandbox of the browser can't be had as root in a container, and only our own pages are opened.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  try {
    const seen = { errors: [], foreign: [] };
    const page = await browser.newPage();
    await watch(page, seen);
    await page.setViewport({ width: 1400, height: 1000 });
    await page.goto(`${TILLGATE_URL}/swagger-ui/`, { waitUntil: "networkidle0", timeout: TIMEOUT });
    await story({ browser, page, watch: (other) => watch(other, seen) });
    assert.deepStrictEqual(seen.foreign, [], "the page asks other servers");
    assert.deepStrictEqual(seen.errors, [], "the browser reports errors");
  } finally {
    await browser.close();
  }
}

async function watch(page, { errors, foreign }) {
  page.setDefaultTimeout(TIMEOUT);
  page.on("request", (request) => {
    const { origin, protocol } = new URL(request.url());
    if (!["data:", "blob:"].includes(protocol) && !ORIGINS.includes(origin)) foreign.push(request.url());
  });
  page.on("pageerror", (error) => errors.push(`${error}`));
  page.on("console", (message) => {
    // The browser logs each answer of 400 and above; whether one was to come is the story's to say.
    const refused = message.text().startsWith("Failed to load resource: the server responded with a status of");
    if (message.type() === "error" && !refused) errors.push(message.text());
  });
}

/** Presses the button that gets a token for the demo, and waits until the page has it. */
async function authorizeWithDemo(page) {
  const answered = page.waitForResponse(`${TILLGATE_URL}/swagger-ui/demo-token`);
  await click(page, ".workbench-authorize");
  assert.strictEqual((await answered).status(), 200);
  await page.waitForSelector(".auth-wrapper .authorize.locked");
}

/**
 * Finds an operation by its id with the search box, opens it, and gives the selector of its block. A selector and no
 * element: the page may make an element anew at any time, and a click on the old one is lost.
 */
async function open(page, id) {
  await fill(page, "input[type=search]", id);
  const block = `.opblock[id$="-${id}"]`;
  await page.waitForSelector(block);
  const isOpen = await page.$eval(block, (node) => node.classList.contains("is-open"));
  if (!isOpen) await click(page, `${block} .opblock-summary-control`);
  await page.waitForSelector(`${block} button.execute`);
  await page.waitForFunction(isFilledIn, {}, block);
  return block;
}

/**
 * In the page: whether the open operation has been read and its example body taken over. Before that there is a button,
 * but what it would send is missing, and it only marks the field.
 */
function isFilledIn(block) {
  const node = document.querySelector(block);
  const path = node.querySelector(".opblock-summary-path").dataset.path;
  const method = node.querySelector(".opblock-summary-method").textContent.toLowerCase();
  const { oas3Selectors, specSelectors } = window.ui;
  if (!specSelectors.specResolvedSubtree(["paths", path, method])) return false;
  const area = node.querySelector("textarea.body-param__text");
  return area === null || Boolean(area.value && oas3Selectors.requestBodyValue(path, method));
}

/** Chooses one of an operation's example bodies by its name. */
async function choose(page, block, name) {
  const before = await bodyOf(page, block);
  await page.waitForSelector(`${block} .examples-select select`);
  await page.select(`${block} .examples-select select`, name);
  await waitUntil(async () => (await bodyOf(page, block)) !== before, `the example ${name} was chosen`);
}

async function bodyOf(page, block) {
  return page.$eval(`${block} textarea.body-param__text`, (area) => area.value);
}

/** Fills in the id in the operation's path. */
async function identify(page, block, id) {
  await fill(page, `${block} tr[data-param-name="id"] input`, id);
}

/** Writes another body. */
async function write(page, block, body) {
  await fill(page, `${block} textarea.body-param__text`, JSON.stringify(body));
}

/**
 * Without the mouse: where a click goes changes while the page still grows. The text comes at once, as when it is pasted,
 * and leaving the field makes the page take it at once, what it would otherwise do after a pause.
 */
async function fill(page, selector, text) {
  await page.waitForSelector(selector);
  await waitUntil(async () => {
    await page.$eval(selector, (node) => {
      node.focus();
      node.select();
    });
    await page.keyboard.sendCharacter(text);
    await page.$eval(selector, (node) => node.blur());
    return (await page.$eval(selector, (node) => node.value)) === text;
  }, `${text} is filled in`);
}

/** Clicks on what is there now. */
async function click(page, selector) {
  await page.waitForSelector(selector);
  await page.$eval(selector, (node) => node.click());
}

/** Presses Execute and gives the answer's body, once the page shows the status. */
async function execute(page, block, path, status) {
  const answered = page.waitForResponse(
    (response) => response.url().split("?")[0] === `${TILLGATE_URL}${path}` && response.request().method() !== "OPTIONS",
  );
  await click(page, `${block} button.execute`);
  const response = await answered.catch(async (error) => {
    throw new Error(`no answer of ${path}; the page shows ${await page.$eval(block, (node) => node.innerText)}`, {
      cause: error,
    });
  });
  const text = await response.text();
  assert.strictEqual(response.status(), status, `${path}: ${text}`);
  const shown = `${block} .live-responses-table .response .response-col_status`;
  await waitUntil(async () => {
    const statuses = await page.$$eval(shown, (cells) => cells.map((cell) => cell.textContent));
    return statuses.some((text) => text.startsWith(`${status}`));
  }, `the page shows ${status}`);
  return JSON.parse(text);
}

/** Asks again until it is so. */
async function waitUntil(isSo, what) {
  const end = Date.now() + TIMEOUT;
  while (!(await isSo())) {
    assert.ok(Date.now() < end, `never: ${what}`);
    await new Promise((done) => setTimeout(done, 50));
  }
}

/** The main program: fails loudly. */
function run(story) {
  withPage(story).catch((error) => {
    console.error(error);
    process.exit(1);
  });
}

module.exports = { authorizeWithDemo, choose, click, execute, fill, identify, open, run, write };
