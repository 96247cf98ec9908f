/**
 * Repositories as git keeps them, one folder for each project, and git's own programs as their only readers and writers.
 *
 * `openGitRepositories` fills the port `GitRepositories` of `repositories/`. Each git runs with an environment and
 * settings of ours alone, in a process group that ends with its client, within limits of time and size. `textAt`,
 * `pathsAt` and `changesOf` read a commit for a plan, by any `Git`; the client's plans use them too.
 */
export { openGitRepositories, type GitOptions } from './repositories.ts'
export { copyRepositories } from './copy.ts'
export {
  changesOf,
  commitOf,
  isBelow,
  listedPaths,
  MAX_FILE_BYTES,
  MAX_PATHS,
  pathsAt,
  textAt,
} from './tree.ts'
