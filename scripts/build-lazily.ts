/**
 * In what is built, modules of Node's and the libraries named here are evaluated when one of their names is first used,
 * not when a module that imports them is: what only the server or only a rare kind of key needs costs `wheelseal verify`
 * nothing.
 */
import type { OnLoadResult, Plugin } from 'esbuild'
import { isBuiltin } from 'node:module'

/** Elsewhere the unused names, which a stand-in keeps, weigh more than what it spares. */
const RARELY_USED = /^@noble\/curves\//

/** Put on what a stand-in itself asks for, which must find the module and not the stand-in again. */
const REAL = { isReal: true }

export const lazyBuiltins: Plugin = {
  name: 'lazy-builtins',
  setup(builder) {
    builder.onResolve({ filter: /^[^./\\]/ }, ({ path }) =>
      isBuiltin(path) ? { path: path.replace(/^(?:node:)?/, 'node:'), namespace: 'builtin' } : undefined,
    )
    builder.onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({
      contents: standIn(process.getBuiltinModule(path), `process.getBuiltinModule('${path}')`),
    }))
  },
}

export const lazyLibraries: Plugin = {
  name: 'lazy-libraries',
  setup(builder) {
    builder.onResolve({ filter: RARELY_USED }, ({ path, kind, pluginData }) =>
      // What import() names is loaded on demand already.
      pluginData === REAL || kind === 'dynamic-import' ? undefined : { path, namespace: 'library' },
    )
    builder.onLoad({ filter: /.*/, namespace: 'library' }, ({ path }) => library(path))
  },
}

async function library(path: string): Promise<OnLoadResult> {
  const contents = standIn(await import(path), `require('${path}')`)
  return { contents, resolveDir: import.meta.dirname, pluginData: REAL }
}

/** Its names are those of the Node and the library that build. Modules that are one function are loaded at once. */
function standIn(module: unknown, load: string): string {
  if (typeof module !== 'object' || module === null) return `module.exports = ${load}`
  const names = Object.keys(module).map((name) => `get ${name}() { return load().${name} },`)
  return `let loaded\nconst load = () => (loaded ??= ${load})\nmodule.exports = {\n${names.join('\n')}\n}`
}
