package embedded

import (
	"bytes"
	"encoding/binary"

	bolt "go.etcd.io/bbolt"

	"pinax/engine"
)

// pictureRecord is what the database knows of a picture: how many times records name it, and where its bytes are.
type pictureRecord struct {
	references uint64 // of the records of all collections; zero: there is no such picture
	number     uint64 // of its bytes in the database; zero: it is a file
}

// inside tells whether the bytes are in the database.
func (p pictureRecord) inside() bool { return p.number != 0 }

const (
	pictureVersion      = 1
	pictureBytesVersion = 1
)

func encodePicture(p pictureRecord) []byte {
	b := binary.AppendUvarint(newSealed(2*binary.MaxVarintLen64), p.references)
	return seal(pictureVersion, binary.AppendUvarint(b, p.number))
}

// readPicture returns the zero record for a picture that no record names.
func readPicture(tx *bolt.Tx, d digest) (pictureRecord, error) {
	value := tx.Bucket(bucketPictures).Get(d[:])
	if value == nil {
		return pictureRecord{}, nil
	}
	payload, err := unseal("the record of a picture", pictureVersion, value)
	if err != nil {
		return pictureRecord{}, err
	}
	f := fields{rest: payload}
	p := pictureRecord{references: f.uvarint(), number: f.uvarint()}
	if f.failed || len(f.rest) > 0 || p.references == 0 {
		return pictureRecord{}, damagedf("the record of picture %s is malformed", d)
	}
	return p, nil
}

// readPictureBytes returns a copy of the bytes of a picture that is in the database.
func readPictureBytes(tx *bolt.Tx, p pictureRecord) ([]byte, error) {
	payload, err := unseal("a picture", pictureBytesVersion, tx.Bucket(bucketBytes).Get(number(p.number)))
	if err != nil {
		return nil, err
	}
	return append([]byte{}, payload...), nil
}

// encodePictureBytes returns the sealed record of a picture's bytes, which it copies.
func encodePictureBytes(data []byte) []byte {
	return seal(pictureBytesVersion, append(newSealed(len(data)), data...))
}

// missingPicture tells why a record cannot be stored when it names a picture whose bytes nobody has.
func (t *transaction) missingPicture(p *prepared) (reason, err error) {
	for _, d := range p.pictures {
		if p.files[d] || p.inline[d] != nil {
			continue
		}
		known, err := readPicture(t.tx, d)
		if err != nil {
			return nil, err
		}
		if known.references == 0 {
			return errNoPicture(d), nil
		}
	}
	return nil, nil
}

func errNoPicture(d digest) error {
	return engine.Errorf(engine.CodeInvalid, "the picture %s is not stored and did not come with the record", d)
}

// replacePictures counts the references of a record in and those of its predecessor out.
func (t *transaction) replacePictures(old []digest, p *prepared) error {
	difference := make(map[digest]int, len(old)+len(p.pictures))
	for _, d := range old {
		difference[d]--
	}
	for _, d := range p.pictures {
		difference[d]++
	}
	for d, by := range difference {
		if err := t.countPicture(d, by, p.inline[d]); err != nil {
			return err
		}
	}
	return nil
}

// releasePictures counts the references of a record out.
func (t *transaction) releasePictures(old []digest) error { return t.replacePictures(old, &prepared{}) }

// countPicture changes the number of references to a picture. One that is new is stored as value, unless that is nil: then
// it is a file. The bytes of one that is in the database already are replaced by value if they are not the same.
func (t *transaction) countPicture(d digest, by int, value []byte) error {
	if by == 0 && value == nil {
		return nil
	}
	p, err := readPicture(t.tx, d)
	if err != nil {
		return err
	}
	if by < 0 && p.references < uint64(-by) {
		return damagedf("the picture %s has fewer references than records that name it", d)
	}
	switch {
	case value == nil:
	case p.inside():
		err = t.mendBytes(p, value)
	case p.references == 0 && by > 0:
		p.number, err = t.putBytes(value)
	}
	if err != nil || by == 0 {
		return err
	}
	p.references += uint64(by)
	if p.references == 0 {
		return t.forgetPicture(d, p)
	}
	if !p.inside() {
		delete(t.changes.unused, d)
	}
	return t.tx.Bucket(bucketPictures).Put(d[:], encodePicture(p))
}

// mendBytes replaces the bytes of a picture that are damaged or gone.
func (t *transaction) mendBytes(p pictureRecord, value []byte) error {
	b := t.tx.Bucket(bucketBytes)
	if bytes.Equal(b.Get(number(p.number)), value) {
		return nil
	}
	return b.Put(number(p.number), value)
}

func (t *transaction) putBytes(value []byte) (n uint64, err error) {
	b := t.tx.Bucket(bucketBytes)
	b.FillPercent = 1 // numbers only grow, so a split page never gets new keys in its lower half
	if n, err = b.NextSequence(); err != nil {
		return 0, err
	}
	return n, b.Put(number(n), value)
}

// forgetPicture removes what no record names any more: bytes in the database at once, a file after the commit.
func (t *transaction) forgetPicture(d digest, p pictureRecord) error {
	var err error
	if p.inside() {
		err = t.tx.Bucket(bucketBytes).Delete(number(p.number))
	} else {
		err = t.noteRemoval(d)
	}
	if err != nil {
		return err
	}
	return t.tx.Bucket(bucketPictures).Delete(d[:])
}
