#!/usr/bin/env node
'use strict'
// nodevms, as NodeVMS's pages type it: "stele vm".
process.argv.splice(2, 0, 'vm')
require('./stele.cjs')
