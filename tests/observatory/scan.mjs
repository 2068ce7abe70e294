// Mozilla's Observatory as it is, and for each page what its `scan` says. It only knows a site's first page at the usual
// ports, as a stranger: which page, which cookies, and where the site listens come from standard input.
import { readFileSync } from "node:fs";
import http from "node:http";
import https from "node:https";
import { scan } from "@mdn/mdn-http-observatory";
import { Session } from "./node_modules/@mdn/mdn-http-observatory/src/retriever/session.js";

const { host, ports, pages } = JSON.parse(readFileSync(0, "utf8"));

for (const { Agent } of [http, https]) {
  const { createConnection } = Agent.prototype;
  Agent.prototype.createConnection = function (options, ...rest) {
    return createConnection.call(this, { ...options, host: "127.0.0.1", port: ports[options.port] }, ...rest);
  };
}

let page;
const { init } = Session.prototype;
Session.prototype.init = function () {
  this.url.pathname = page.path;
  page.cookies.forEach((cookie) => this.jar.setCookieSync(cookie, `https://${host}/`));
  return init.call(this);
};

const found = {};
for (page of pages) {
  const result = await scan(host);
  found[page.path] = {
    score: result.scan.score,
    status: result.scan.statusCode,
    destination: result.tests.redirection.destination,
    results: Object.fromEntries(Object.entries(result.tests).map(([name, test]) => [name, test.result])),
  };
}
console.log(JSON.stringify(found));
