#!/usr/bin/env node
'use strict'
// mnpm, as its page types it: "stele mnpm".
process.argv.splice(2, 0, 'mnpm')
require('./stele.cjs')
