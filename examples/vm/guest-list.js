// A guest list: each caller answers for themselves, in a file of their own under /rsvps.
const { files } = System

exports.init = () => files.mkdir('/rsvps')

exports.rsvp = async (isComing, guests = 0) => {
  if (typeof isComing !== 'boolean') throw new TypeError('Say true or false: are you coming?')
  if (!Number.isSafeInteger(guests) || guests < 0 || guests > 10) {
    throw new RangeError('Bring from 0 to 10 guests')
  }
  const answer = { name: caller(), isComing, guests: isComing ? guests : 0 }
  await files.writeFile(`/rsvps/${encodeURIComponent(answer.name)}.json`, JSON.stringify(answer))
  return answer
}

exports.withdraw = () => files.unlink(`/rsvps/${encodeURIComponent(caller())}.json`)

exports.list = async () => {
  const names = await files.readdir('/rsvps')
  return Promise.all(names.map((name) => files.readFile(`/rsvps/${name}`, 'json')))
}

exports.headcount = async () => {
  const coming = (await exports.list()).filter(({ isComing }) => isComing)
  return coming.reduce((sum, { guests }) => sum + 1 + guests, 0)
}

function caller() {
  if (System.caller.id === undefined)
    throw new Error('Say who you are: anonymous callers are no guests')
  return System.caller.id
}
