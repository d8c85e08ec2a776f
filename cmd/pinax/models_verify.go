package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"

	"pinax/encoder/store"
)

type modelsVerifyCommand struct {
	modelSettings
	Names []string `arg:"" optional:"" name:"name" help:"Names of installed models; otherwise all."`
	JSON  bool     `name:"json" help:"Print JSON."`
	Quiet bool     `short:"q" help:"Show no progress."`
}

// verifiedModel is the outcome for one model, as it is printed in JSON.
type verifiedModel struct {
	Name        string             `json:"name"`
	Files       int                `json:"files"`
	Differences []store.Difference `json:"differences"`
	Error       string             `json:"error,omitempty"` // why it could not be verified
}

func (v verifiedModel) good() bool { return len(v.Differences) == 0 && v.Error == "" }

// Run hashes installed models again. It fails if one differs, after all have been told.
func (cmd *modelsVerifyCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	there := cfg.modelStore()
	all, err := cmd.find(there)
	if err != nil {
		return err
	}
	show := newTransfer(cmd.Quiet)
	var total int64
	for _, one := range all {
		total += one.Bytes()
	}
	show.start("verifying", total)
	outcomes := []verifiedModel{}
	for _, one := range all {
		v := verifiedModel{Name: one.Name, Files: len(one.Files)}
		if v.Differences, err = there.Verify(ctx, one, show.add); ctx.Err() != nil {
			return ctx.Err()
		}
		if one.Damaged != "" {
			v.Error = one.Damaged
		} else if err != nil {
			v.Error = err.Error()
		}
		outcomes = append(outcomes, v)
	}
	show.end()
	return tellVerified(os.Stdout, outcomes, cmd.JSON)
}

func (cmd *modelsVerifyCommand) find(there *store.Store) ([]store.Installed, error) {
	if len(cmd.Names) == 0 {
		return there.List()
	}
	all := make([]store.Installed, len(cmd.Names))
	for i, name := range cmd.Names {
		var err error
		if all[i], err = there.Find(name); err != nil {
			return nil, err
		}
	}
	return all, nil
}

func tellVerified(w io.Writer, outcomes []verifiedModel, asJSON bool) error {
	var verdict error
	for _, v := range outcomes {
		if !v.good() {
			verdict = errDiffer
		}
	}
	if asJSON {
		if err := json.NewEncoder(w).Encode(outcomes); err != nil {
			return err
		}
		return verdict
	}
	for _, v := range outcomes {
		switch {
		case v.Error != "":
			fmt.Fprintf(w, "%s: %s\n", v.Name, v.Error)
		case v.good():
			fmt.Fprintf(w, "%s: all %d files are as they were installed\n", v.Name, v.Files)
		}
		for _, d := range v.Differences {
			fmt.Fprintf(w, "%s: %s is %s: %s\n", v.Name, d.Path, d.What, d.Why)
		}
	}
	if len(outcomes) == 0 {
		fmt.Fprintln(w, "nothing is installed")
	}
	return verdict
}
