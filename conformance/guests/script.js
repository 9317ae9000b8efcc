// A guest list: what a service is when it is no registry. It keeps a counter in its memory and the guests in its files.
let visits = 0

exports.init = () => System.files.mkdirSync('/guests')

exports.sign = (name) => {
  if (!System.caller.id) throw new Error('Say who you are')
  if (typeof name !== 'string' || name === '') throw new Error('A guest has a name')
  visits++
  System.files.writeFileSync(
    `/guests/${encodeURIComponent(name)}`,
    `${System.caller.id} brought ${name}`,
  )
  return { visits, guests: System.files.readdirSync('/guests').length }
}

exports.leave = (name) => {
  System.files.unlinkSync(`/guests/${encodeURIComponent(name)}`)
  return ++visits
}
