/** How an engine is chosen for a request; names as the integration guide gives them. */
export const strategies = ['round_robin', 'least_loaded', 'model_affinity'] as const

export type Strategy = (typeof strategies)[number]
