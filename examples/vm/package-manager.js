// A package manager: a name belongs to whoever published it first, a version is published once, and anyone can fetch the
// packages and their history without asking this service: from /-/files/, from a clone, from any copy.
const { files } = System

exports.init = async () => {
  await files.mkdir('/meta')
  await files.mkdir('/packages')
}

/** `data` is the package as base64. */
exports.publish = async (name, version, data) => {
  check(isText(name), 'Name must be a string')
  check(isText(version), 'Version must be a string')
  check(isText(data), 'Data must be a base64ed string of the package data')
  const metaPath = `/meta/${encodeURIComponent(name)}.json`
  const dataPath = `/packages/${encodeURIComponent(name)}.${encodeURIComponent(version)}`
  if (await files.exists(metaPath)) {
    const { owner } = await files.readFile(metaPath, 'json')
    check(owner === (System.caller.id ?? null), 'This package name is already taken')
  }
  check(
    !(await files.exists(dataPath)),
    `${name} ${version} is published already: choose another version`,
  )
  const meta = { owner: System.caller.id ?? null, name, version }
  await files.writeFile(metaPath, JSON.stringify(meta))
  await files.writeFile(dataPath, data, 'base64')
}

exports.list = async () => {
  const names = await files.readdir('/meta')
  return Promise.all(names.map((name) => files.readFile(`/meta/${name}`, 'json')))
}

/** The package as base64. */
exports.fetch = (name, version) =>
  files.readFile(`/packages/${encodeURIComponent(name)}.${encodeURIComponent(version)}`, 'base64')

function isText(value) {
  return typeof value === 'string' && value !== ''
}

function check(condition, message) {
  if (!condition) throw new Error(message)
}
