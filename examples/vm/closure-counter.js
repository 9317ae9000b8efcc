// Counts in a variable. It is still there after a restart: the host keeps the script's memory.
let count = 0

exports.increment = (by = 1) => {
  if (!Number.isSafeInteger(by)) throw new TypeError('Only whole numbers are added')
  count += by
  return count
}

exports.get = () => count
