// Runs the tests against a Tillgate of their own. Fails when a test does, and when a request breaks the contract, of which
// Tillgate tells on standard error as it ends.

import { spawn, type ChildProcess } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout } from "node:timers/promises";

const START_LIMIT_MS = 60_000;

const directory = await mkdtemp(join(tmpdir(), "shop-"));
const envFile = join(directory, "tillgate.env");
const tillgate = spawn(
  process.env.TILLGATE_BIN ?? "tillgate",
  [
    "serve",
    "--ephemeral",
    "--strict",
    ...["--seed", "1"],
    ...["--fixtures", "fixtures.json"],
    ...["--listen", "127.0.0.1:0"],
    ...["--sandbox-listen", "127.0.0.1:0"],
    ...["--env-file", envFile],
  ],
  { stdio: ["ignore", "ignore", "inherit"], env: { ...process.env, RUST_LOG: "error" } },
);
const ended = exitCode(tillgate);
try {
  const variables = await started();
  const tests = spawn(process.execPath, ["--test", "dist/shop.test.js"], {
    stdio: ["ignore", "inherit", "inherit"],
    env: { ...process.env, ...variables },
  });
  const testsFailed = (await exitCode(tests)) !== 0;
  tillgate.kill("SIGTERM");
  const contractBroken = (await ended) !== 0;
  process.exitCode = testsFailed || contractBroken ? 1 : 0;
} finally {
  tillgate.kill("SIGTERM");
  await rm(directory, { recursive: true });
}

function exitCode(child: ChildProcess): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("exit", (code) => resolve(code ?? 1));
  });
}

/** The variables of the file, which is there when the service answers. */
async function started(): Promise<Record<string, string>> {
  const deadline = Date.now() + START_LIMIT_MS;
  const early = ended.then((code) => {
    throw new Error(`Tillgate ended with ${code} before the tests`);
  });
  early.catch(() => {});
  while (!existsSync(envFile)) {
    if (Date.now() > deadline) {
      throw new Error("Tillgate has not started");
    }
    await Promise.race([setTimeout(10), early]);
  }
  const lines = (await readFile(envFile, "utf8")).trim().split("\n");
  return Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]),
  );
}
