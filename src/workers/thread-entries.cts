/**
 * What the serving threads run, by name. Piscina loads an entry by require() where it can, and Node 20 aborts the whole
 * process when a thread is ended while it loads a module of ECMAScript so (it asks a graph of modules that was not
 * instantiated whether it is asynchronous); import() may be cut off.
 */
module.exports = {
  serve: async (task: import('./serve-loop.ts').ServeTask) => (await import('./serve-loop.ts')).default(task),
  rehearse: async (task: import('./rehearsal.ts').RehearsalTask) => (await import('./rehearsal.ts')).default(task),
};
