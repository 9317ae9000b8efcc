// rules/refuse.ts
function refuse(name, message) {
  const error = new Error(message);
  error.name = name;
  return error;
}
function membersOf(value, what, { wanted, allowed = [] }) {
  const members = objectOf(value, what);
  for (const key of wanted) {
    if (!Object.hasOwn(members, key)) throw wrong(what, `lacks the member "${key}"`);
  }
  for (const key of Object.keys(members)) {
    if (!wanted.includes(key) && !allowed.includes(key))
      throw wrong(what, `must not have the member "${key}"`);
  }
  return members;
}
function objectOf(value, what) {
  if (typeof value !== "object" || value === null || Array.isArray(value)) {
    throw wrong(what, "must be an object");
  }
  return value;
}
function textOf(value, what, max) {
  if (typeof value !== "string") throw wrong(what, "must be a string");
  if (value.length > max) throw wrong(what, `must have at most ${max} characters`);
  if (!value.isWellFormed()) throw wrong(what, "contains a lone surrogate");
  return value;
}
function formOf(value, what, form) {
  const text = textOf(value, what, 200);
  if (!form.test(text)) throw wrong(what, "is not in the expected form");
  return text;
}
function textsOf(value, what, max) {
  if (!Array.isArray(value) || value.length === 0)
    throw wrong(what, "must be a list of one or more strings");
  if (value.length > max) throw wrong(what, `must have at most ${max} items`);
  const texts = value.map((item) => textOf(item, what, maxItemLength));
  if (new Set(texts).size !== texts.length)
    throw wrong(what, "must not contain the same item twice");
  return texts;
}
var maxItemLength = 256;
function wrong(what, reason) {
  return refuse("bad_argument", `Cannot take the call: ${what} ${reason}`);
}

// rules/system.ts
function base64OfHex(hex) {
  return Buffer.from(hex, "hex").toString("base64");
}
function hexOfBase64(text) {
  return Buffer.from(text, "base64").toString("hex");
}
function sha256(text) {
  return System.hash("sha256", text);
}
function readBlob(name) {
  return System.blobs.read(name, "utf8");
}
function now() {
  return System.time;
}
function isHost() {
  return System.caller.via === "host";
}
function callerId() {
  return System.caller.id ?? void 0;
}
function segment(text) {
  return encodeURIComponent(text).replaceAll("%40", "@");
}
function exists(path) {
  return System.files.existsSync(path);
}
function read(path) {
  return System.files.existsSync(path) ? System.files.readFileSync(path, "utf8") : void 0;
}
function list(directory) {
  return System.files.existsSync(directory) ? System.files.readdirSync(directory) : [];
}
function write(directory, name, text) {
  makeDirectory(directory);
  System.files.writeFileSync(`${directory}/${name}`, text);
}
function writeAtRoot(name, text) {
  System.files.writeFileSync(`/${name}`, text);
}
function makeDirectory(directory) {
  if (!System.files.existsSync(directory)) System.files.mkdirSync(directory);
}
function remove(path) {
  System.files.unlinkSync(path);
}

// rules/accounts.ts
var accountForm = /^[a-z0-9][a-z0-9._-]{0,63}$/;
function init() {
  const operator = accountOf(callerId());
  makeDirectory("/packages");
  makeDirectory("/names");
  write("/accounts", operator, "active");
  writeAtRoot("operator", operator);
}
function join() {
  const account = accountOf(callerId());
  const status = read(`/accounts/${account}`);
  if (status === "closed") throw closed(account);
  if (status === void 0) write("/accounts", account, "active");
}
function close(request) {
  const caller = activeCaller();
  const account = accountOf(membersOf(request, "the request", { wanted: ["account"] })["account"]);
  if (account !== caller && !isOperator(caller)) {
    throw refuse(
      "not_operator",
      `Cannot close "${account}": only the account itself or the operator may do that`
    );
  }
  if (isOperator(account)) throw refuse("is_operator", "Cannot close the operator's account");
  requireActive(account);
  write("/accounts", account, "closed");
}
function activeCaller() {
  const account = accountOf(callerId());
  requireActive(account);
  return account;
}
function requireActive(account) {
  const status = read(`/accounts/${account}`);
  if (status === "closed") throw closed(account);
  if (status === void 0) {
    throw refuse("account_not_found", `There is no account "${account}" in this registry`);
  }
}
function requireHost() {
  if (!isHost()) throw refuse("not_host", "Cannot take the call: the server alone may make it");
}
function isOperator(account) {
  return read("/operator") === account;
}
function accountOf(value) {
  if (value === void 0 || value === null) {
    throw refuse("anonymous", "Cannot take the call: log in first");
  }
  const account = textOf(value, "the account", 64);
  if (!accountForm.test(account)) {
    throw refuse(
      "account_invalid",
      `Cannot use the account name "${account}": it must be 1 to 64 lower-case letters, digits, ".", "_" or "-", and start with a letter or digit`
    );
  }
  return account;
}
function closed(account) {
  return refuse("account_closed", `Cannot act for "${account}": the account is closed`);
}

// rules/limits.ts
var maxNameLength = 214;
var maxVersionLength = 256;
var maxTagLength = 80;
var maxRecordLength = 256 * 1024;
var maxMessageLength = 4096;
var maxTagsPerPublish = 10;
var maxTagsPerPackage = 1e3;
var maxVersionsPerCall = 1e3;
var maxHoldersPerName = 100;
var maxHoldersShown = 3;
var maxLinesPerChunk = 2e5;
var maxReleasesPerCall = 500;
var maxConflictsPerVersion = 20;
var maxReasonLength = 1e3;
var maxLocatedPerCall = 500;

// rules/names.ts
var newNameForm = /^(?:@[a-z0-9_-][a-z0-9._-]*\/[a-z0-9_-][a-z0-9._-]*|[a-z0-9][a-z0-9._-]*)$/;
var takenNames = `node_modules favicon.ico
  assert async_hooks buffer child_process cluster console constants crypto dgram diagnostics_channel dns domain
  events fs http http2 https inspector module net os path perf_hooks process punycode querystring readline repl
  stream string_decoder sys timers tls trace_events tty url util v8 vm wasi worker_threads zlib`.split(
  /\s+/
);
function directoryOf(name) {
  return `/packages/${segment(name)}`;
}
function nameOf(value) {
  const name = textOf(value, "the name", maxNameLength);
  if (name === "" || name === "." || name === ".." || name.includes("\0")) {
    throw refuse(
      "name_invalid",
      'Cannot use a package name that is empty, "." or "..", or that contains a NUL character'
    );
  }
  return name;
}
function isNewName(name) {
  return newNameForm.test(name);
}
function requireFreeName(name, account) {
  if (!newNameForm.test(name) || takenNames.includes(name)) {
    throw refuse(
      "name_invalid",
      `Cannot use the name "${name}" for a new package: use lower-case letters, digits, ".", "_" and "-", and no name of a built-in module`
    );
  }
  const holders = holdersOf(name);
  if (holders.length > 0 && !holders.includes(account)) {
    throw refuse(
      "name_reserved",
      `Cannot publish "${name}": the name is reserved for ${quoted(holders)}`
    );
  }
}
function holdersOf(name) {
  const own = reservation(name);
  if (own.length > 0 || !name.startsWith("@")) return own;
  return reservation(`${name.slice(0, name.indexOf("/"))}/*`);
}
function reservation(pattern) {
  return read(`/names/${segment(pattern)}`)?.split(" ") ?? [];
}
function quoted(accounts) {
  const shown = accounts.slice(0, maxHoldersShown).map((account) => `"${account}"`);
  const more = accounts.length - shown.length;
  return more > 0 ? `${shown.join(", ")} and ${more} more` : shown.join(", ");
}

// rules/versions.ts
var number = "(?:0|[1-9]\\d*)";
var identifier = `(?:${number}|\\d*[a-zA-Z-][0-9a-zA-Z-]*)`;
var versionForm = new RegExp(
  `^${number}\\.${number}\\.${number}(?:-${identifier}(?:\\.${identifier})*)?$`
);
var tagForm = /^[A-Za-z0-9_][A-Za-z0-9._-]*$/;
var rangeForm = /^v*(?:[xX]|\d+)(?:\.(?:[xX]|\d+)(?:\.(?:[xX]|\d+)(?:-?[A-Za-z0-9.-]+)?)?)?$/;
function versionOf(value) {
  const version = textOf(value, "the version", maxVersionLength);
  const numbers = version.split("-", 1)[0]?.split(".") ?? [];
  if (!versionForm.test(version) || numbers.some((part) => !Number.isSafeInteger(Number(part)))) {
    throw refuse(
      "version_invalid",
      `Cannot use the version "${version}": it must be a semantic version such as 1.2.3`
    );
  }
  return version;
}
function tagOf(value) {
  const tag2 = textOf(value, "the tag", maxTagLength);
  if (!tagForm.test(tag2)) {
    throw refuse(
      "tag_invalid",
      `Cannot use the tag "${tag2}": use letters, digits, ".", "_" and "-"`
    );
  }
  if (rangeForm.test(tag2)) {
    throw refuse("tag_invalid", `Cannot use the tag "${tag2}": it reads as a version or a range`);
  }
  return tag2;
}
function highest(versions) {
  const stable = versions.filter((version) => !version.includes("-"));
  const candidates = stable.length > 0 ? stable : versions;
  return candidates.reduce(
    (best, version) => best === void 0 || isHigher(version, best) ? version : best,
    void 0
  );
}
function isHigher(a, b) {
  const [left, right] = [partsOf(a), partsOf(b)];
  for (const [index, part] of left.core.entries()) {
    const other = right.core[index] ?? 0;
    if (part !== other) return part > other;
  }
  return comparePrerelease(left.prerelease, right.prerelease) > 0;
}
function partsOf(version) {
  const dash = version.indexOf("-");
  const core = dash < 0 ? version : version.slice(0, dash);
  return {
    core: core.split(".").map(Number),
    prerelease: dash < 0 ? [] : version.slice(dash + 1).split(".")
  };
}
function comparePrerelease(a, b) {
  if (a.length === 0 || b.length === 0) return b.length - a.length;
  for (const [index, part] of a.entries()) {
    const other = b[index];
    if (other === void 0) return 1;
    if (part !== other) return compareIdentifiers(part, other);
  }
  return a.length - b.length;
}
function compareIdentifiers(a, b) {
  const [aIsNumber, bIsNumber] = [/^\d+$/.test(a), /^\d+$/.test(b)];
  if (aIsNumber !== bIsNumber) return aIsNumber ? -1 : 1;
  if (aIsNumber && a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : 1;
}

// rules/packages.ts
function hostedDirectory(value) {
  const name = nameOf(value);
  const origin = read(`${directoryOf(name)}/origin`);
  if (origin === void 0) {
    throw refuse("package_not_found", `Cannot find the package "${name}"`);
  }
  requireHosted(name, origin);
  return directoryOf(name);
}
function requireHosted(name, origin) {
  if (origin !== "hosted") {
    throw refuse("other_origin", `Cannot change "${name}": it belongs to the upstream "${origin}"`);
  }
}
function requireOwner(directory, { orOperator } = { orOperator: false }) {
  const caller = activeCaller();
  if (exists(`${directory}/owners/${caller}`)) return caller;
  if (orOperator && isOperator(caller)) return caller;
  throw refuse("not_owner", `Cannot change the package: "${caller}" is not one of its owners`);
}
function writeTag(directory, tag2, version) {
  const tags = `${directory}/tags`;
  if (read(`${tags}/${tag2}`) === void 0 && list(tags).length >= maxTagsPerPackage) {
    throw refuse(
      "too_many_tags",
      `Cannot set the tag "${tag2}": the package has ${maxTagsPerPackage} tags already`
    );
  }
  write(tags, tag2, version);
}
function liveVersionOf(directory, value) {
  const version = versionOf(value);
  const exists2 = read(`${directory}/versions/${version}`) !== void 0;
  if (!exists2 || noticeOf(directory, version).gone === true) {
    throw refuse("version_not_found", `Cannot find the version ${version}`);
  }
  return version;
}
function liveVersions(directory) {
  const noticed = list(`${directory}/notices`);
  const gone = new Set(noticed.filter((version) => noticeOf(directory, version).gone === true));
  return list(`${directory}/versions`).filter((version) => !gone.has(version));
}
function noticeOf(directory, version) {
  const text = read(`${directory}/notices/${version}`);
  return text === void 0 ? {} : JSON.parse(text);
}
function writeNotice(directory, version, notice) {
  const { deprecated, differs, gone } = notice;
  const text = JSON.stringify({ deprecated, differs, gone });
  if (text !== "{}") write(`${directory}/notices`, version, text);
  else if (read(`${directory}/notices/${version}`) !== void 0) {
    remove(`${directory}/notices/${version}`);
  }
}

// rules/changes.ts
function tag(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "tag", "version"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory);
  const version = liveVersionOf(directory, asked["version"]);
  writeTag(directory, tagOf(asked["tag"]), version);
}
function untag(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "tag"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory);
  const name = tagOf(asked["tag"]);
  if (name === "latest")
    throw refuse(
      "tag_needed",
      'Cannot remove the tag "latest": every package needs it; point it to another version instead'
    );
  const path = `${directory}/tags/${name}`;
  if (read(path) === void 0) throw refuse("tag_not_found", `Cannot find the tag "${name}"`);
  remove(path);
}
function addOwner(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "account"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory, { orOperator: true });
  const account = accountOf(asked["account"]);
  requireActive(account);
  write(`${directory}/owners`, account, "owner");
}
function removeOwner(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "account"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory, { orOperator: true });
  const account = accountOf(asked["account"]);
  if (!exists(`${directory}/owners/${account}`)) {
    throw refuse(
      "owner_not_found",
      `Cannot remove the owner "${account}": that account is not an owner of the package`
    );
  }
  if (list(`${directory}/owners`).length === 1) {
    throw refuse(
      "last_owner",
      `Cannot remove the owner "${account}": a package must keep at least one owner; add another one first`
    );
  }
  remove(`${directory}/owners/${account}`);
}
function star(request) {
  const directory = hostedDirectory(membersOf(request, "the request", { wanted: ["name"] })["name"]);
  write(`${directory}/stars`, activeCaller(), "");
}
function unstar(request) {
  const directory = hostedDirectory(membersOf(request, "the request", { wanted: ["name"] })["name"]);
  const path = `${directory}/stars/${activeCaller()}`;
  if (read(path) !== void 0) remove(path);
}
function deprecate(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "versions"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory);
  const messages = Object.entries(objectOf(asked["versions"], "versions"));
  if (messages.length > maxVersionsPerCall) {
    throw wrong("versions", `must have at most ${maxVersionsPerCall} members`);
  }
  for (const [key, value] of messages) {
    const version = liveVersionOf(directory, key);
    const message = textOf(value, "the message", maxMessageLength);
    const { deprecated: _, ...notice } = noticeOf(directory, version);
    writeNotice(directory, version, message === "" ? notice : { ...notice, deprecated: message });
  }
}

// rules/record.ts
var maps = ["bin", "dependencies", "optionalDependencies", "peerDependencies"];
var others = ["bundleDependencies", "cpu", "engines", "libc", "os", "peerDependenciesMeta"];
var sha256Form = /^[0-9a-f]{64}$/;
var sha512Form = /^[0-9a-f]{128}$/;
function recordTextOf(value, name, version) {
  const text = textOf(value, "the record", maxRecordLength);
  const record = objectOf(parsed(text), "the record");
  if (!isPlainlyCanonical(record, text) && canonical(record) !== text) {
    throw badRecord("it is not canonical JSON");
  }
  const { name: itsName, version: itsVersion, hasInstallScript = true, ...rest } = record;
  if (itsName !== name || itsVersion !== version) throw badRecord("it is for another release");
  if (hasInstallScript !== true) throw badRecord('"hasInstallScript" must be true or absent');
  for (const [key, member] of Object.entries(rest)) checkMember(key, member);
  return text;
}
function contentsOf(value) {
  const members = membersOf(value, "contents", { wanted: ["files", "manifest", "sha512", "size"] });
  const { files, manifest, sha512, size } = members;
  if (typeof files !== "string" || !sha256Form.test(files)) throw badContents("files");
  if (typeof manifest !== "string" || !sha256Form.test(manifest)) throw badContents("manifest");
  if (typeof sha512 !== "string" || !sha512Form.test(sha512)) throw badContents("sha512");
  if (typeof size !== "number" || !Number.isSafeInteger(size) || size < 1) throw badContents("size");
  return { files, manifest, sha512, size };
}
function observedContentsOf(value) {
  if (objectOf(value, "contents")["files"] !== null) return contentsOf(value);
  const wanted = ["files", "manifest", "reason", "sha512", "size"];
  const { manifest, reason: why, sha512, size } = membersOf(value, "contents", { wanted });
  const reason = textOf(why, "the reason", maxReasonLength);
  const rest = contentsOf({
    files: "0".repeat(64),
    manifest: manifest ?? "0".repeat(64),
    sha512,
    size
  });
  return {
    files: null,
    manifest: manifest === null ? null : rest.manifest,
    reason,
    sha512: rest.sha512,
    size: rest.size
  };
}
function integrityOf(value, sha512) {
  const integrity = `sha512-${base64OfHex(sha512)}`;
  if (value !== integrity) {
    throw refuse(
      "bad_integrity",
      "Cannot publish: the integrity does not match the SHA-512 of the contents"
    );
  }
  return integrity;
}
function isPlainlyCanonical(record, text) {
  return !text.includes("\\") && JSON.stringify(record) === text && hasSortedNames(record);
}
function hasSortedNames(value) {
  if (typeof value !== "object" || value === null) return true;
  const isList = Array.isArray(value);
  let before;
  for (const [name, member] of Object.entries(value)) {
    if (!isList && before !== void 0 && before > name) return false;
    if (!hasSortedNames(member)) return false;
    before = name;
  }
  return true;
}
function canonical(value) {
  if (typeof value !== "object" || value === null) {
    if (typeof value === "string" && !value.isWellFormed()) {
      throw badRecord("it contains a lone surrogate");
    }
    return JSON.stringify(value);
  }
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`;
  const members = value;
  const keys = Object.keys(members).sort();
  if (keys.some((key) => /["\\\u0000-\u001f]/.test(key)))
    throw badRecord("a member name in it would need an escape");
  return `{${keys.map((key) => `${canonical(key)}:${canonical(members[key])}`).join(",")}}`;
}
function checkMember(key, member) {
  if (others.includes(key)) return;
  if (!maps.includes(key)) throw badRecord(`it must not have the member "${key}"`);
  for (const text of Object.values(objectOf(member, `"${key}" of the record`))) {
    if (typeof text !== "string") throw badRecord(`every member of "${key}" must be a string`);
  }
}
function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw badRecord("it is not JSON");
  }
}
function badRecord(reason) {
  return refuse("bad_record", `Cannot publish: the record is not valid: ${reason}`);
}
function badContents(member) {
  return refuse(
    "bad_contents",
    `Cannot publish: "${member}" of the contents is not in the expected form`
  );
}

// rules/located.ts
var scannerForm = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
var sha256Form2 = /^[0-9a-f]{64}$/;
var integrityForm = /^sha512-[A-Za-z0-9+/]{86}==$/;
function locate(request) {
  requireHost();
  const asked = membersOf(request, "the request", { wanted: ["scanner", "packages"] });
  const scanner = formOf(asked["scanner"], "the scanner", scannerForm);
  const { packages } = asked;
  if (!Array.isArray(packages) || packages.length === 0 || packages.length > maxLocatedPerCall) {
    throw wrong("packages", `must be a list of 1 to ${maxLocatedPerCall} packages`);
  }
  makeDirectory("/located");
  makeDirectory(`/located/${scanner}`);
  for (const found of packages) locateOne(`/located/${scanner}`, found);
}
function locateOne(scanner, found) {
  if (objectOf(found, "the package")["gone"] !== void 0) {
    takeAway(scanner, found);
    return;
  }
  const wanted = ["name", "version", "files", "integrity", "record"];
  const asked = membersOf(found, "the package", { wanted });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const files = formOf(asked["files"], "the files digest", sha256Form2);
  const integrity = asked["integrity"] === null ? null : formOf(asked["integrity"], "the integrity", integrityForm);
  const record = recordTextOf(asked["record"], name, version);
  const directory = `${scanner}/${segment(name)}`;
  const text = valueOf({ files, integrity, record });
  const before = read(`${directory}/${version}`);
  if (before === text) return;
  if (before !== void 0 && !isSnapshot(version)) requireSame(before, { name, version, text });
  write(directory, version, text);
}
function requireSame(before, { name, version, text }) {
  const [was, is] = [parsed2(before), parsed2(text)];
  const isSame = was.files === is.files && was.record === is.record && (was.integrity === null || was.integrity === is.integrity);
  if (isSame) return;
  throw refuse(
    "version_exists",
    `Cannot locate ${name}@${version}: it was located with other files, and only a SNAPSHOT may change`
  );
}
function takeAway(scanner, found) {
  const asked = membersOf(found, "the package", { wanted: ["name", "version", "gone"] });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  if (asked["gone"] !== true) throw wrong('"gone"', "must be true");
  const directory = `${scanner}/${segment(name)}`;
  const before = read(`${directory}/${version}`);
  if (before === void 0) {
    throw refuse("version_not_found", `Cannot take ${name}@${version} away: it is not located`);
  }
  if (isSnapshot(version)) remove(`${directory}/${version}`);
  else write(directory, version, valueOf({ ...parsed2(before), gone: true }));
}
function isSnapshot(version) {
  return version.endsWith("-SNAPSHOT");
}
function valueOf({ files, integrity, record, gone }) {
  const mark = gone === void 0 ? "" : '"gone":true,';
  return `{"files":"${files}",${mark}"integrity":${JSON.stringify(integrity)},"record":${record}}`;
}
function parsed2(text) {
  const { files, integrity } = JSON.parse(text);
  const record = text.slice(text.indexOf(recordMark) + recordMark.length, -1);
  return { files, integrity, record };
}
var recordMark = '"record":';

// rules/seen.ts
function createLines() {
  const chunks = /* @__PURE__ */ new Map();
  const textOfChunk = (path) => {
    const text = chunks.get(path) ?? `
${readBlob(read(path) ?? "")}`;
    chunks.set(path, text);
    return text;
  };
  return (directory, version) => {
    const start = `
${version} `;
    for (const n of list(`${directory}/seen`)) {
      const text = textOfChunk(`${directory}/seen/${n}`);
      const at = text.indexOf(start);
      if (at >= 0) return text.slice(at + start.length, text.indexOf("\n", at + 1));
    }
    return void 0;
  };
}

// rules/observed.ts
var upstreamForm = /^[a-z0-9][a-z0-9-]{0,31}$/;
var sha256Form3 = /^[0-9a-f]{64}$/;
var blobForm = /^[0-9a-f]{128}$/;
var integrityForm2 = /^(?:sha512-[A-Za-z0-9+/]{86}==|sha1-[A-Za-z0-9+/]{27}=)$/;
function see(request) {
  requireHost();
  const wanted = ["name", "upstream", "n", "chunk", "count"];
  const asked = membersOf(request, "the request", { wanted });
  const name = nameOf(asked["name"]);
  const upstream = upstreamOf(asked["upstream"]);
  const chunk = formOf(asked["chunk"], "the chunk", blobForm);
  const { n, count } = asked;
  if (!isCount(count, maxLinesPerChunk)) {
    throw wrong("count", `must be a number from 1 to ${maxLinesPerChunk}`);
  }
  const directory = directoryOf(name);
  const origin = read(`${directory}/origin`);
  requireUnreserved(name);
  if (origin === void 0) write(directory, "origin", upstream);
  else if (origin !== upstream) throw otherOrigin(name, origin);
  const seen = `${directory}/seen`;
  const next = list(seen).length;
  if (n !== next) throw refuse("not_next", `Cannot see "${name}": its next chunk is number ${next}`);
  write(seen, String(next).padStart(8, "0"), chunk);
}
function choose(request) {
  requireHost();
  const releases = releasesOf(request);
  const lines = createLines();
  for (const release2 of releases) chooseOne(release2, lines);
}
function chooseOne(release2, lines) {
  const wanted = ["name", "version", "integrity", "record"];
  const asked = membersOf(release2, "the release", { wanted });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const integrity = formOf(asked["integrity"], "the integrity", integrityForm2);
  const record = recordTextOf(asked["record"], name, version);
  const directory = directoryOf(name);
  const value = `{"integrity":"${integrity}","record":${record}}`;
  const before = read(`${directory}/versions/${version}`);
  if (before === value) return;
  if (before !== void 0) {
    throw refuse(
      "version_exists",
      `Cannot choose ${name}@${version}: it was chosen with another record`
    );
  }
  upstreamPackage(name);
  const line = lines(directory, version);
  if (line === void 0) {
    throw refuse("version_not_seen", `Cannot choose ${name}@${version}: it was not seen`);
  }
  if (line !== `${integrity} ${sha256(record)}`) {
    throw refuse("not_as_seen", `Cannot choose ${name}@${version}: it was seen as ${line}`);
  }
  write(`${directory}/versions`, version, value);
}
function contents(request) {
  requireHost();
  for (const release2 of releasesOf(request)) takeContents(release2);
}
function takeContents(release2) {
  const asked = membersOf(release2, "the release", { wanted: ["name", "version", "contents"] });
  const { directory, version, spec, chosen } = chosenRelease(asked);
  const found = observedContentsOf(asked["contents"]);
  const { integrity } = chosen;
  if (integrity.startsWith("sha512-") && integrity !== `sha512-${base64OfHex(found.sha512)}`) {
    throw refuse(
      "bad_integrity",
      `Cannot take the contents of ${spec}: their SHA-512 is not the integrity`
    );
  }
  const text = JSON.stringify(found);
  const before = read(`${directory}/contents/${version}`);
  if (before === text) return;
  if (before !== void 0) {
    throw refuse("contents_exist", `Cannot take the contents of ${spec}: other ones are known`);
  }
  write(`${directory}/contents`, version, text);
}
function conflict(request) {
  requireHost();
  const asked = membersOf(request, "the request", { wanted: ["name", "version", "integrity"] });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const integrity = formOf(asked["integrity"], "the integrity", integrityForm2);
  const { directory } = upstreamPackage(name);
  const line = createLines()(directory, version);
  if (line === void 0) {
    throw refuse(
      "version_not_seen",
      `Cannot record a conflict of ${name}@${version}: it was not seen`
    );
  }
  if (line.startsWith(`${integrity} `)) {
    throw refuse("no_conflict", `Cannot record a conflict of ${name}@${version}: it was seen so`);
  }
  makeDirectory(`${directory}/conflicts`);
  const conflicts = `${directory}/conflicts/${version}`;
  const digest = hexOfBase64(integrity.slice(integrity.indexOf("-") + 1));
  if (exists(`${conflicts}/${digest}`)) return;
  if (list(conflicts).length >= maxConflictsPerVersion) {
    throw refuse(
      "too_many_conflicts",
      `Cannot record a conflict of ${name}@${version}: ${maxConflictsPerVersion} are recorded already`
    );
  }
  write(conflicts, digest, JSON.stringify({ integrity, seen: now() }));
}
function amend(request) {
  requireHost();
  const asked = membersOf(request, "the request", { wanted: ["name", "version", "record", "blob"] });
  const { directory, name, version, spec } = chosenRelease(asked);
  const record = recordTextOf(asked["record"], name, version);
  const blob = formOf(asked["blob"], "the blob", blobForm);
  const found = read(`${directory}/contents/${version}`);
  if (found === void 0) {
    throw refuse(
      "contents_unknown",
      `Cannot amend ${spec}: what its tarball holds is not known yet`
    );
  }
  const { manifest } = JSON.parse(found);
  if (manifest !== sha256(readBlob(blob))) {
    throw refuse("not_its_manifest", `Cannot amend ${spec}: the blob is not its package.json`);
  }
  write(`${directory}/amended`, version, `{"manifest":"${blob}","record":${record}}`);
}
function differ(request) {
  requireHost();
  const asked = membersOf(request, "the request", { wanted: ["name", "version", "record"] });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const record = formOf(asked["record"], "the record", sha256Form3);
  const { directory } = upstreamPackage(name);
  const line = createLines()(directory, version);
  if (line === void 0) {
    throw refuse(
      "version_not_seen",
      `Cannot note a difference of ${name}@${version}: it was not seen`
    );
  }
  if (line.endsWith(` ${record}`)) {
    throw refuse("no_difference", `Cannot note a difference of ${name}@${version}: it was seen so`);
  }
  const notice = noticeOf(directory, version);
  if (notice.differs === record) return;
  if (notice.differs !== void 0) {
    throw refuse(
      "difference_exists",
      `Cannot note a difference of ${name}@${version}: another one is noted already`
    );
  }
  writeNotice(directory, version, { ...notice, differs: record });
}
function releasesOf(request) {
  const { releases } = membersOf(request, "the request", { wanted: ["releases"] });
  if (!Array.isArray(releases) || releases.length === 0 || releases.length > maxReleasesPerCall) {
    throw wrong("releases", `must be a list of 1 to ${maxReleasesPerCall} releases`);
  }
  return releases;
}
function chosenRelease(asked) {
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const directory = directoryOf(name);
  const spec = `${name}@${version}`;
  const text = read(`${directory}/versions/${version}`);
  if (text === void 0)
    throw refuse("version_not_found", `Cannot find ${spec}: it was not chosen`);
  const origin = read(`${directory}/origin`) ?? "hosted";
  if (origin === "hosted") throw otherOrigin(name, origin);
  return { directory, name, version, spec, chosen: JSON.parse(text) };
}
function upstreamPackage(name) {
  const directory = directoryOf(name);
  const origin = read(`${directory}/origin`);
  if (origin === void 0) throw refuse("package_not_found", `Cannot find the package "${name}"`);
  if (origin === "hosted") throw otherOrigin(name, origin);
  requireUnreserved(name);
  return { directory };
}
function requireUnreserved(name) {
  const holders = holdersOf(name);
  if (holders.length > 0) {
    throw refuse(
      "name_reserved",
      `Cannot take "${name}" from an upstream: the name is reserved for ${quoted(holders)}`
    );
  }
}
function otherOrigin(name, origin) {
  const owner = origin === "hosted" ? "this registry" : `the upstream "${origin}"`;
  return refuse("other_origin", `Cannot take "${name}" from this upstream: it belongs to ${owner}`);
}
function upstreamOf(value) {
  const upstream = formOf(value, "the upstream", upstreamForm);
  if (upstream === "hosted") throw wrong("the upstream", 'must not be called "hosted"');
  return upstream;
}
function isCount(value, max) {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 1 && value <= max;
}

// rules/publish.ts
function publish(request) {
  const wanted = ["name", "version", "integrity", "record", "contents", "tags"];
  const asked = membersOf(request, "the release", { wanted, allowed: ["upstream"] });
  const [name, version] = [nameOf(asked["name"]), versionOf(asked["version"])];
  const contents2 = contentsOf(asked["contents"]);
  const integrity = integrityOf(asked["integrity"], contents2.sha512);
  const record = recordTextOf(asked["record"], name, version);
  const tags = textsOf(asked["tags"], "the list of tags", maxTagsPerPublish).map(tagOf);
  const directory = directoryOf(name);
  const origin = read(`${directory}/origin`);
  if (origin === void 0) claim(name, asked["upstream"]);
  else {
    requireHosted(name, origin);
    requireOwner(directory);
  }
  if (wasPublished(directory, version)) {
    throw refuse(
      "version_exists",
      `Cannot publish ${name}@${version}: that version was published before, and versions are never reused`
    );
  }
  const { files, manifest, sha512, size } = contents2;
  write(`${directory}/versions`, version, `{"integrity":"${integrity}","record":${record}}`);
  write(`${directory}/contents`, version, JSON.stringify({ files, manifest, sha512, size }));
  for (const tag2 of tags) writeTag(directory, tag2, version);
  if (read(`${directory}/tags/latest`) === void 0) write(`${directory}/tags`, "latest", version);
}
function wasPublished(directory, version) {
  return exists(`${directory}/versions/${version}`) || createLines()(directory, version) !== void 0;
}
function claim(name, upstream) {
  const caller = activeCaller();
  requireFreeName(name, caller);
  if (upstream !== void 0) {
    const asked = membersOf(upstream, "upstream", { wanted: ["asked", "exists"] });
    if (asked["exists"] !== false && holdersOf(name).length === 0) {
      throw refuse(
        "name_taken",
        `Cannot publish "${name}": an upstream has a package of that name; reserve it first`
      );
    }
  }
  write(directoryOf(name), "origin", "hosted");
  write(`${directoryOf(name)}/owners`, caller, "owner");
}

// rules/reserve.ts
var scopePatternForm = /^@[a-z0-9_-][a-z0-9._-]*\/\*$/;
function reserve(request) {
  const caller = activeCaller();
  const wanted = membersOf(request, "the request", { wanted: ["pattern"], allowed: ["account"] });
  const pattern = nameOf(wanted["pattern"]);
  const account = wanted["account"] === void 0 ? caller : accountOf(wanted["account"]);
  const isScope = scopePatternForm.test(pattern);
  if (!isScope && !isNewName(pattern)) {
    throw refuse(
      "name_invalid",
      `Cannot reserve "${pattern}": give a package name, or a scope as "@scope/*"`
    );
  }
  if ((isScope || account !== caller) && !isOperator(caller)) {
    throw refuse(
      "not_operator",
      `Cannot reserve "${pattern}" for "${account}": only the operator may reserve scopes, or names for other accounts`
    );
  }
  requireActive(account);
  if (!isScope) {
    if (!isOperator(caller)) requireFreeName(pattern, caller);
    const origin = read(`${directoryOf(pattern)}/origin`);
    if (origin !== void 0 && (origin === "hosted" || !isOperator(caller))) {
      throw refuse(
        "name_taken",
        `Cannot reserve "${pattern}": a package of that name exists already`
      );
    }
    if (origin !== void 0) rehome(directoryOf(pattern), account);
  }
  share(pattern, account, { isNamed: wanted["account"] !== void 0 });
}
function share(pattern, account, { isNamed }) {
  const holders = reservation(pattern);
  if (holders.includes(account)) return;
  if (holders.length > 0 && !isNamed) {
    throw refuse(
      "name_reserved",
      `Cannot reserve "${pattern}": it is reserved for ${quoted(holders)}`
    );
  }
  if (holders.length >= maxHoldersPerName) {
    throw refuse(
      "too_many_accounts",
      `Cannot reserve "${pattern}" for "${account}": ${maxHoldersPerName} accounts share it already`
    );
  }
  setHolders(pattern, [...holders, account]);
}
function release(request) {
  const caller = activeCaller();
  const wanted = membersOf(request, "the request", { wanted: ["pattern"], allowed: ["account"] });
  const pattern = nameOf(wanted["pattern"]);
  const named = wanted["account"] === void 0 ? void 0 : accountOf(wanted["account"]);
  const account = named ?? (isOperator(caller) ? void 0 : caller);
  const holders = reservation(pattern);
  if (holders.length === 0) {
    throw refuse("reservation_not_found", `Cannot release "${pattern}": it is not reserved`);
  }
  if ((account !== caller || !holders.includes(caller)) && !isOperator(caller)) {
    throw refuse(
      "name_reserved",
      `Cannot release "${pattern}": it is reserved for ${quoted(holders)}`
    );
  }
  if (account !== void 0 && !holders.includes(account)) {
    throw refuse(
      "reservation_not_found",
      `Cannot release "${pattern}" for "${account}": it is reserved for ${quoted(holders)}`
    );
  }
  setHolders(pattern, account === void 0 ? [] : holders.filter((one) => one !== account));
}
function rehome(directory, owner) {
  write(directory, "origin", "hosted");
  write(`${directory}/owners`, owner, "owner");
  const latest = highest(list(`${directory}/versions`));
  if (latest !== void 0) write(`${directory}/tags`, "latest", latest);
}
function setHolders(pattern, accounts) {
  if (accounts.length === 0) remove(`/names/${segment(pattern)}`);
  else write("/names", segment(pattern), accounts.toSorted().join(" "));
}

// rules/unpublish.ts
function unpublish(request) {
  const asked = membersOf(request, "the request", { wanted: ["name", "versions"] });
  const directory = hostedDirectory(asked["name"]);
  requireOwner(directory, { orOperator: true });
  const versions = textsOf(asked["versions"], "the list of versions", maxVersionsPerCall);
  for (const item of versions) {
    const version = liveVersionOf(directory, item);
    writeNotice(directory, version, { gone: true });
  }
  dropTags(directory, new Set(versions));
}
function dropTags(directory, gone) {
  for (const tag2 of list(`${directory}/tags`)) {
    if (gone.has(read(`${directory}/tags/${tag2}`) ?? "")) remove(`${directory}/tags/${tag2}`);
  }
  if (read(`${directory}/tags/latest`) !== void 0) return;
  const next = highest(liveVersions(directory));
  if (next !== void 0) write(`${directory}/tags`, "latest", next);
}

// rules/main.ts
exports["init"] = init;
exports["join"] = join;
exports["close"] = close;
exports["reserve"] = reserve;
exports["release"] = release;
exports["publish"] = publish;
exports["unpublish"] = unpublish;
exports["deprecate"] = deprecate;
exports["tag"] = tag;
exports["untag"] = untag;
exports["addOwner"] = addOwner;
exports["removeOwner"] = removeOwner;
exports["star"] = star;
exports["unstar"] = unstar;
exports["see"] = see;
exports["choose"] = choose;
exports["contents"] = contents;
exports["conflict"] = conflict;
exports["amend"] = amend;
exports["differ"] = differ;
exports["locate"] = locate;
