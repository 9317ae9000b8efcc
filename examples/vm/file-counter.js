// Counts in a file, where anyone can read it without a call: /-/files/count.
const { files } = System

exports.init = () => files.writeFile('/count', '0')

exports.increment = async (by = 1) => {
  if (!Number.isSafeInteger(by)) throw new TypeError('Only whole numbers are added')
  const count = (await get()) + by
  await files.writeFile('/count', String(count))
  return count
}

const get = async () => Number(await files.readFile('/count'))

exports.get = get
