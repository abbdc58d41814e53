const [word, first, second] = require("fs").readFileSync(0, "utf8").trim().split(" ");
const a = Number(first), b = Number(second);
function deep(n) { return n === 0 ? 0 : 1 + deep(n - 1); }
function fall(n) { return fall(n + 1) + 1; }
if (word === "sum") process.stdout.write(String(a + b));
else if (word === "deep") process.stdout.write(String(deep(a)));
else if (word === "throw") throw new Error("thrown");
else if (word === "loop") for (;;);
else if (word === "hog") for (const all = [];;) all.push(new Array(100000).fill(0.5 + all.length));
else if (word === "given") process.stdout.write(process.argv.slice(2).map(one => `[${one}]`).join("") + require("fs").readFileSync("map/a.txt", "utf8"));
else if (word === "fall") fall(0);
