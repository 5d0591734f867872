// The documentation site in a headless Chromium, from the disk: every page loads without an error and without a request to
// anybody, every link leads somewhere, and the reference shows all operations. Run by the test `documentation` with the
// directory of the site.
"use strict";

const assert = require("node:assert");
const fs = require("node:fs");
const path = require("node:path");
const { fileURLToPath, pathToFileURL } = require("node:url");
const puppeteer = require("puppeteer-core");

const SITE = path.resolve(process.argv[2]);
const TIMEOUT = 120_000;

/** All operations of the document that the site offers. */
function operations() {
  const { paths } = JSON.parse(fs.readFileSync(path.join(SITE, "openapi.json"), "utf8"));
  return Object.values(paths).flatMap((item) => Object.values(item).map((operation) => operation.operationId));
}

/** Opens a page and gives it to `look`; fails on what the browser reports. */
async function visit(browser, file, look) {
  const page = await browser.newPage();
  page.setDefaultTimeout(TIMEOUT);
  const problems = [];
  page.on("request", (request) => {
    if (!["file:", "data:", "blob:"].includes(new URL(request.url()).protocol)) problems.push(`asks for ${request.url()}`);
  });
  page.on("requestfailed", (request) => problems.push(`can't load ${request.url()}`));
  page.on("pageerror", (error) => problems.push(`${error}`));
  page.on("console", (message) => message.type() === "error" && problems.push(message.text()));
  await page.goto(pathToFileURL(file).href, { waitUntil: "load", timeout: TIMEOUT });
  const result = await look(page);
  assert.deepStrictEqual(problems, [], file);
  await page.close();
  return result;
}

/** The links of a page that lead to files. */
async function links(page) {
  const all = await page.$$eval("a[href]", (anchors) => anchors.map((anchor) => anchor.href));
  return all.filter((url) => url.startsWith("file:")).map((url) => new URL(url));
}

/** Follows the links from the first page; the pages that were seen. */
async function followLinks(browser) {
  const seen = new Set();
  const waiting = [path.join(SITE, "index.html")];
  while (waiting.length > 0) {
    const file = waiting.pop();
    if (seen.has(file)) continue;
    seen.add(file);
    assert.ok(fs.existsSync(file), `a link leads to ${file}`);
    if (!file.endsWith(".html") || file.includes("/reference/")) continue;
    const found = await visit(browser, file, links);
    waiting.push(...found.map((url) => fileURLToPath(new URL(url.pathname, "file:"))));
  }
  return seen;
}

async function main() {
  const browser = await puppeteer.launch({
    executablePath: process.env.TILLGATE_TEST_CHROMIUM,
    // The sandbox of the browser can't be had as root in a container, and only our own pages are opened.
    args: ["--no-sandbox", "--disable-dev-shm-usage", "--disable-gpu"],
  });
  try {
    const seen = await followLinks(browser);
    assert.ok(seen.has(path.join(SITE, "tillgate.postman_collection.json")));
    for (const file of fs.readdirSync(path.join(SITE, "guides"))) {
      assert.ok(seen.has(path.join(SITE, "guides", file)), `no link leads to ${file}`);
    }
    await visit(browser, path.join(SITE, "reference/index.html"), async (page) => {
      const all = operations();
      assert.ok(all.length > 150);
      const shown = (ids) => ids.every((id) => document.querySelector(`[id$="/operation/${id}"], [id="operation/${id}"]`));
      await page.waitForFunction(shown, { timeout: TIMEOUT }, all);
    });
    console.log(`ok ${seen.size} pages`);
  } finally {
    await browser.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
