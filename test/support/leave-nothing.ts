import { afterAll } from 'vitest';
import { removeDirectories } from './directory.ts';

afterAll(removeDirectories);
