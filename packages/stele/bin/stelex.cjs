#!/usr/bin/env node
'use strict'
// stelex, as npx is typed: "stele exec".
process.argv.splice(2, 0, 'exec')
require('./stele.cjs')
