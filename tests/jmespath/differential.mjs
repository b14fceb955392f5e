// The other side of differential.py: reads lines {"expr","doc"} from standard
// input, asks the jmespath package, writes one line each: {"result"} or
// {"error","message"} with the specification's error names.
import { createInterface } from "node:readline";
import { createRequire } from "node:module";

const require = createRequire(process.argv[2] + "/");
const jmespath = require("jmespath");

function kind(e) {
  if (e.message.startsWith("TypeError")) return "invalid-type";
  if (e.message.startsWith("ArgumentError")) return "invalid-arity";
  if (e.message.startsWith("Unknown function")) return "unknown-function";
  if (e.message.startsWith("Invalid slice")) return "invalid-value";
  if (/^(ParserError|LexerError|SyntaxError|Parsererror)$/.test(e.name)) return "syntax";
  if (e.message.startsWith("Quoted identifier")) return "syntax";
  return "internal";
}

const out = [];
for await (const line of createInterface({ input: process.stdin })) {
  const { expr, doc } = JSON.parse(line);
  try {
    out.push(JSON.stringify({ result: jmespath.search(doc, expr) ?? null }));
  } catch (e) {
    out.push(JSON.stringify({ error: kind(e), message: e.message }));
  }
}
process.stdout.write(out.join("\n") + "\n");
