/** Of the default pipeline, which is the example's. */
export const STAGES = ['build', 'sign', 'verify', 'publish', 'publish_signatures', 'consumer_verification']
