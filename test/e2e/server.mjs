// Starts the real server on a free port with an empty data folder and the demo catalogue.

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join, resolve } from "node:path";
import { createInterface } from "node:readline";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const binary = resolve(here, process.env.PINAX_BIN ?? "../../bin/pinax");

/** A running server. */
export class Server {
  #process;
  #data;

  constructor(process, data, address) {
    this.#process = process;
    this.#data = data;
    this.address = address;
  }

  /** Starts a server and waits until it is ready. */
  static async start() {
    if (!existsSync(binary)) throw new Error(`there is no ${binary}: run make build, or set PINAX_BIN`);
    const data = await mkdtemp(join(tmpdir(), "pinax-e2e-"));
    const child = spawn(binary, ["serve", "--demo", "--data", data, "--listen", "127.0.0.1:0"], { stdio: ["ignore", "pipe", "pipe"] });
    let log = "";
    child.stderr.on("data", (text) => (log += text));
    const ended = new Promise((_, reject) => {
      child.once("error", reject);
      child.once("exit", (code, signal) => reject(new Error(`the server ended (${signal ?? code}):\n${log}`)));
    });
    ended.catch(() => {}); // an end after the start is noticed by the tests
    const server = new Server(child, data, await Promise.race([addressOf(child.stdout), ended]));
    await Promise.race([server.#ready(), ended]);
    return server;
  }

  /** Asks the server to stop, waits until it has, and deletes its data. */
  async stop() {
    if (this.#process.exitCode === null) {
      const ended = new Promise((done) => this.#process.once("exit", done));
      this.#process.kill("SIGTERM");
      await ended;
    }
    await rm(this.#data, { recursive: true, force: true });
  }

  /** Calls the HTTP interface and returns the answer's JSON; throws what the server says when it refuses. */
  async call(method, path, body) {
    const answer = await fetch(this.address + path, {
      method,
      headers: body ? { "content-type": "application/json" } : {},
      body: body && JSON.stringify(body),
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
    return text && JSON.parse(text);
  }

  /** An item of the demo catalogue whose English title matches. */
  async demoItem(pattern) {
    let token = "";
    do {
      const page = await this.call("GET", `/v1/collections/demo/items?page_size=100&page_token=${encodeURIComponent(token)}`);
      const item = page.items.find(({ texts }) => pattern.test(texts?.title ?? ""));
      if (item) return item;
      token = page.next_page_token;
    } while (token);
    throw new Error(`the demo catalogue has no ${pattern}`);
  }

  /** The bytes of an item's first picture, in the form in which Playwright takes files. */
  async pictureOf(item) {
    const answer = await fetch(this.address + item.images[0].url);
    return { name: "picture.jpg", mimeType: item.images[0].type, buffer: Buffer.from(await answer.arrayBuffer()) };
  }

  async #ready() {
    for (;;) {
      const answer = await fetch(`${this.address}/readyz`).catch(() => null);
      if (answer?.status === 200) return;
      await sleep(50);
    }
  }
}

async function addressOf(stdout) {
  for await (const line of createInterface({ input: stdout })) {
    const [, address] = /^listening on (http:\/\/\S+)$/.exec(line) ?? [];
    if (address) {
      stdout.resume(); // never let a full pipe stop the server
      return address;
    }
  }
  throw new Error("the server ended without naming its address");
}
