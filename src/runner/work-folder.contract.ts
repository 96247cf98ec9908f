import { argv } from 'node:process'
import { systemClock } from '../host/index.ts'
import { openWorkFolder } from './work-folder.ts'

/** For tests: a process that holds a work folder below the folder of its argument, and tells its path. */
const { path } = await openWorkFolder(argv[2] ?? '', systemClock)
console.log(path)
setInterval(() => undefined, 60_000)
