// The public face of stele/vm: scripts as services, from a program, in the shapes of NodeVMS's library.

export { isSteleError, SteleError } from '@stele/errors'
export { RpcFailure, ScriptError } from './rpc/call-errors.ts'
export { createIdentity, type Identity, loadIdentity } from './rpc/identity.ts'
export { type CallEntry, CallLog, type CallLogEntry, type InitEntry } from './vm/call-log.ts'
export { RPCClient } from './vm/client.ts'
export { VMFactory } from './vm/factory.ts'
export { type FileEncoding, type FileStat, FilesArchive } from './vm/files-archive.ts'
export { RPCServer, type RPCServerOptions } from './vm/rpc-server.ts'
export { Verifier } from './vm/verifier.ts'
export { type DeployOptions, VM, type VmCall } from './vm/vm.ts'
