/** Quantizes weights in a process of its own: a crash or the end of memory there takes no engine with it. */
export { quantizeTensors } from './client.ts'
