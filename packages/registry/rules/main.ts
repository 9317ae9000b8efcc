// The law of this registry: the methods that can be called, and nothing else that changes its state.
// It is run by the host, by every auditor that replays the log, and keeps nothing between calls.
import { close, init, join } from './accounts.ts'
import { addOwner, deprecate, removeOwner, star, tag, unstar, untag } from './changes.ts'
import { locate } from './located.ts'
import { amend, choose, conflict, contents, differ, see } from './observed.ts'
import { publish } from './publish.ts'
import { release, reserve } from './reserve.ts'
import { unpublish } from './unpublish.ts'

declare const exports: Record<string, (request: unknown) => void>

exports['init'] = init
exports['join'] = join
exports['close'] = close
exports['reserve'] = reserve
exports['release'] = release
exports['publish'] = publish
exports['unpublish'] = unpublish
exports['deprecate'] = deprecate
exports['tag'] = tag
exports['untag'] = untag
exports['addOwner'] = addOwner
exports['removeOwner'] = removeOwner
exports['star'] = star
exports['unstar'] = unstar
exports['see'] = see
exports['choose'] = choose
exports['contents'] = contents
exports['conflict'] = conflict
exports['amend'] = amend
exports['differ'] = differ
exports['locate'] = locate
