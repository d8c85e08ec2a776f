package vectors

// Add stores vectors under new keys and shows them, or returns what index.Index.Add does. Writer.
func (s *Store) Add(keys []uint64, vectors [][]float32) error {
	if err := s.Check(keys, vectors); err != nil {
		return err
	}
	q := s.NewQuery()
	defer s.Done(q)
	for i, key := range keys {
		slot := s.Take()
		s.Put(slot, key)
		s.Set(q, slot, vectors[i])
		s.Show(slot)
	}
	return nil
}
