/**
 * What `wheelseal build` does on its user's machine: `buildProject` copies the sources, runs the standard front end, and
 * puts wheel and sdist into the output folder together.
 */
export { buildProject, BuildFailure, type BuildEvents, type BuildReport } from './build-project.ts'
