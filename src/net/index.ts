/**
 * The network: one HTTP wrapper, and the clients of the services that signing and verifying need.
 *
 * `createHttp` gives the Http port over `node:http` and `node:https`; it honours `HTTPS_PROXY`, `HTTP_PROXY`,
 * `NO_PROXY` and `SSL_CERT_FILE`, never follows a redirect, and limits every exchange in time. `createSocketHttp` is
 * the same over a socket file. `createFulcioClient`, `createRekorClient` and `createTimestampClient` are the ports of `sign/`; they retry what
 * is transient (`withRetries`), and Rekor's also what was cut off, since a log keeps one entry of what it is sent twice. `fetchTrustedRoot` is the client of a TUF repository (tuf-js), and
 * `loadPublicSigstore` the repository of public Sigstore with the root that was shipped. `fetchSimplePage` reads the page
 * of a package in a simple index, `createGateUpstream` is an index as a gate asks it. What a service answers is an
 * enemy's: capped, and parsed strictly.
 */
export { createHttp, createSocketHttp, type HttpOptions } from './http-client.ts'
export { createFulcioClient, type ServiceOptions } from './fulcio.ts'
export { createGitlabPackages, type GitlabPackagesOptions } from './gitlab-packages.ts'
export { createRekorClient } from './rekor.ts'
export { createTimestampClient } from './timestamp.ts'
export { fetchTufRepository, type VerifiedRepository } from './tuf-repository.ts'
export { cachedTrustedRoot, fetchTrustedRoot, loadPublicSigstore, type TufPorts } from './tuf.ts'
export { fetchSimplePage, type IndexAnswer, type PageRequest } from './simple-index.ts'
export { createGateUpstream, type GateUpstreamConfig } from './gate-upstream/index.ts'
export { exchangeIdToken, idTokenVariable } from './trusted-publishing.ts'
export type { TufSource } from './tuf-source.ts'
export { createDownloader, type Download, type Downloader, type DownloaderOptions } from './download.ts'
export { createTunnels, type TunnelOptions } from './tunnel.ts'
export { withRetries } from './retry.ts'
export { errorWords } from './error-words.ts'
export { netErrors } from './errors.ts'
export { proxyChoice } from './proxies.ts'
export { tlsAuthorities } from './authorities.ts'
