// The public face of @stele/http.
export { type AppPorts, createApp } from './app.ts'
export type { App, Ask, ByteStream, FilePart, Reply, Switch } from './ask.ts'
export type { AddressSettings } from './base-address.ts'
export type { HttpEvent } from './event.ts'
export type { Face, FaceDefinition } from './face.ts'
export { type Listening, type ListenOptions, listen } from './listen.ts'
export { createTally, type Tally } from './tally.ts'
