import { constants, getPriority, setPriority } from 'node:os';

// What only computes gives way to what waits for other programs and meets the kernel beside it.
const { PRIORITY_BELOW_NORMAL } = constants.priority;
if (getPriority() < PRIORITY_BELOW_NORMAL) setPriority(PRIORITY_BELOW_NORMAL);
