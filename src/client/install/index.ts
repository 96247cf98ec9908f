/**
 * `wheelseal install`, without its flags and its words: a release is fetched and verified by `client/fetch`, and then
 * pip or uv installs these very files, by their digests, from a folder and from no index.
 *
 * No shell is started, and the installer's environment has none of our tokens. An entry of its own beside that of
 * `client/`: a server is not loaded.
 */
export { installRelease, type InstallIo, type InstallPlan, type InstallReport } from './install-release.ts'
