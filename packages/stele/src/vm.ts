// The public face of stele/vm: scripts as services, from a program, in the shapes of NodeVMS's library.
export { type CallEntry, CallLog, type CallLogEntry, type InitEntry } from './vm/call-log.ts'
export { RPCClient } from './vm/client.ts'
export { VMFactory } from './vm/factory.ts'
export { type FileEncoding, type FileStat, FilesArchive } from './vm/files-archive.ts'
export { createIdentity, type Identity, loadIdentity } from './vm/identity.ts'
export { RpcFailure } from './vm/rpc-client.ts'
export { RPCServer, type RPCServerOptions } from './vm/rpc-server.ts'
export { type DeployOptions, ScriptFailure, VM, type VmCall } from './vm/vm.ts'
