// Greets whoever calls: `System.caller.id` is the caller's name, and undefined for those who give none.
exports.hello = () => `Hello, ${System.caller.id ?? 'stranger'}!`
