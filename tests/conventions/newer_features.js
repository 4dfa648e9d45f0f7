// Prints, as JSON, the names that scripts use: {file: {members: ["Object.name" or ".name"], globals: [...]}}.
// Whatever is newer than ES2022 is a syntax error. acorn is found in NODE_PATH.
const { readFileSync } = require("node:fs");
const { basename } = require("node:path");
const { parse } = require("acorn");

const namesOf = (file) => {
  const members = new Set();
  const globals = new Set();
  const walk = (node) => {
    if (Array.isArray(node)) node.forEach(walk);
    if (!node || typeof node.type !== "string") return;
    const isOurs = (node.object?.property ?? node.object)?.name === "dataset"; // data-... of our pages
    if (node.type === "MemberExpression" && !node.computed && !isOurs) {
      members.add(`${node.object.type === "Identifier" ? node.object.name : ""}.${node.property.name}`);
    }
    if (node.type === "Identifier") globals.add(node.name);
    Object.values(node).forEach(walk);
  };
  walk(parse(readFileSync(file, "utf8"), { ecmaVersion: 2022, sourceType: "module" }));
  return { members: [...members], globals: [...globals] };
};

console.log(JSON.stringify(Object.fromEntries(process.argv.slice(2).map((file) => [basename(file), namesOf(file)]))));
