// Keeps files for its callers, each in a folder of their own that all may read and only they may write.
const { files } = System

exports.init = () => files.mkdir('/home')

exports.write = async (name, data, encoding = 'utf8') => {
  const folder = home(System.caller.id)
  if (!(await files.exists(folder))) await files.mkdir(folder)
  await files.writeFile(`${folder}/${nameOf(name)}`, data, encoding)
}

exports.read = (owner, name, encoding = 'utf8') =>
  files.readFile(`${home(owner)}/${nameOf(name)}`, encoding)

exports.list = async (owner) => {
  const folder = home(owner)
  return (await files.exists(folder)) ? files.readdir(folder) : []
}

exports.remove = (name) => files.unlink(`${home(System.caller.id)}/${nameOf(name)}`)

/** Names become one segment of a path, whatever they are. */
function nameOf(name) {
  if (typeof name !== 'string' || name === '') throw new TypeError('A file needs a name')
  return encodeURIComponent(name)
}

function home(owner) {
  if (owner === undefined) throw new Error('Say who you are: anonymous callers have no files')
  return `/home/${nameOf(owner)}`
}
