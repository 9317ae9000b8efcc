// A member of an object in the bytes of JSON that this program wrote, found without reading the rest: a large packument would take many
// times its size as objects.

const [quote, backslash] = [0x22, 0x5c]
const [openObject, closeObject, openList, closeList] = [0x7b, 0x7d, 0x5b, 0x5d]

/** The bytes of the member's value; undefined where the object has none. The JSON is as JSON.stringify() writes it, without a key twice. */
export function memberOf(object: Buffer, name: string): Buffer | undefined {
  const wanted = Buffer.from(JSON.stringify(name))
  for (const { key, value } of membersOf(object)) if (key.equals(wanted)) return value
  return undefined
}

/** The bytes of each member, in their order: of its name as JSON, and of its value. */
export function* membersOf(
  object: Buffer,
): Generator<{ readonly key: Buffer; readonly value: Buffer }> {
  if (object[0] !== openObject) return
  for (let at = 1; at < object.length && object[at] === quote; at++) {
    const key = object.subarray(at, endOfString(object, at))
    const start = at + key.length + 1
    at = endOfValue(object, start)
    yield { key, value: object.subarray(start, at) }
  }
}

function endOfValue(json: Buffer, start: number): number {
  let depth = 0
  for (let at = start; at < json.length; at++) {
    const byte = json[at]
    if (byte === quote) at = endOfString(json, at) - 1
    else if (byte === openObject || byte === openList) depth++
    else if (byte === closeObject || byte === closeList) {
      if (depth === 0) return at // The end of the object that the value is in.
      depth--
    } else if (byte === comma && depth === 0) return at
  }
  return json.length
}

const comma = 0x2c

/** Where the string ends that opens at `start`, its closing quote included. */
function endOfString(json: Buffer, start: number): number {
  for (let end = json.indexOf(quote, start + 1); end >= 0; end = json.indexOf(quote, end + 1)) {
    let backslashes = 0
    while (json[end - 1 - backslashes] === backslash) backslashes++
    if (backslashes % 2 === 0) return end + 1
  }
  return json.length
}
