/** What the reading thread runs, loaded by import(): for why, see workers/thread-entries.cts. */
module.exports = {
  read: async (flags: import('./settings.ts').ServeFlags) => (await import('./reading-task.ts')).default(flags),
};
