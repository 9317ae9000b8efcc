// Says who calls, and how the service knows: by name alone (debug mode), or by the caller's own signature.
exports.whoAmI = () => ({ id: System.caller.id ?? null, via: System.caller.via })
