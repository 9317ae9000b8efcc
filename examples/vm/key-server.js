// A key server: people publish their own public keys, and admins can remove any. Who the admins are is set once.
const { files } = System

exports.init = () => files.mkdir('/keys')

/** Whoever calls it first says who the admins are, and need not be one of them. From then on only admins can change it. */
exports.setAdmins = async (admins) => {
  const areNames =
    Array.isArray(admins) &&
    admins.length > 0 &&
    admins.every((one) => typeof one === 'string' && one !== '')
  if (!areNames) throw new TypeError('Give a list of names')
  if (await files.exists('/admins.json')) await requireAdmin()
  await files.writeFile('/admins.json', JSON.stringify(admins))
}

exports.set = async (key) => {
  if (System.caller.id === undefined) throw new Error('Say who you are: a key needs an owner')
  if (typeof key !== 'string' || key === '') throw new TypeError('Give the key as text')
  await files.writeFile(pathOf(System.caller.id), key)
}

exports.get = async (owner) => {
  const path = pathOf(owner)
  return (await files.exists(path)) ? files.readFile(path) : null
}

exports.list = async () => (await files.readdir('/keys')).map(decodeURIComponent)

exports.remove = async (owner) => {
  if (owner !== System.caller.id) await requireAdmin()
  await files.unlink(pathOf(owner))
}

async function requireAdmin() {
  const admins = (await files.exists('/admins.json'))
    ? await files.readFile('/admins.json', 'json')
    : []
  if (!admins.includes(System.caller.id)) throw new Error('Only admins may do that')
}

function pathOf(owner) {
  if (typeof owner !== 'string' || owner === '') throw new TypeError('Give the name of the owner')
  return `/keys/${encodeURIComponent(owner)}`
}
