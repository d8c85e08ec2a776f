package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"
	"text/tabwriter"

	"pinax/encoder/catalogue"
	"pinax/encoder/store"
	"pinax/models"
)

type modelsListCommand struct {
	modelSettings
	JSON bool `name:"json" help:"Print JSON."`
}

// modelsReport is what the command prints as JSON.
type modelsReport struct {
	Folder     string              `json:"folder"`
	Bundled    string              `json:"bundled"`
	Installed  []installedReport   `json:"installed"`
	Unfinished []string            `json:"unfinished"` // pulls that were interrupted
	Catalogue  catalogue.Catalogue `json:"catalogue"`
}

type installedReport struct {
	store.Installed
	Bytes int64 `json:"bytes"`
	InUse bool  `json:"in_use"` // the configuration names it
}

// Run prints what is installed and what could be.
func (cmd *modelsListCommand) Run() error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	report, err := readModels(cfg)
	if err != nil {
		return err
	}
	if cmd.JSON {
		return json.NewEncoder(os.Stdout).Encode(report)
	}
	return report.print(os.Stdout)
}

func readModels(cfg config) (modelsReport, error) {
	there := cfg.modelStore()
	r := modelsReport{Folder: there.Dir(), Bundled: models.Default, Installed: []installedReport{}}
	installed, err := there.List()
	if err != nil {
		return r, err
	}
	for _, one := range installed {
		r.Installed = append(r.Installed, installedReport{one, one.Bytes(), cfg.namesModelIn(one.Dir)})
	}
	if r.Unfinished, err = there.Unfinished(); err != nil {
		return r, err
	}
	r.Catalogue, err = catalogue.Load()
	return r, err
}

func (r modelsReport) print(w io.Writer) error {
	fmt.Fprintf(w, "Installed in %s; %s is in the binary\n\n", r.Folder, r.Bundled)
	table := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tSIZE\tPRECISION\tLICENCE\tFROM\tINSTALLED\t")
	for _, one := range r.Installed {
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\n", one.Name, inUnits(one.Bytes), orDash(string(one.Precision)), orDash(one.Licence),
			one.from(), one.since(), one.remark())
	}
	if err := table.Flush(); err != nil {
		return err
	}
	for _, name := range r.Unfinished {
		fmt.Fprintf(w, "half there: %s; pull it again to go on\n", name)
	}
	fmt.Fprint(w, "\nKnown to be good; `pinax models pull NAME` installs those with a repository\n\n")
	table = tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(table, "NAME\tPARAMETERS\tDIMENSION\tPIXELS\tLANGUAGES\tIMAGENET\tCOMMERCIAL\tLICENCE\tREPOSITORY\t")
	for _, m := range r.Catalogue {
		fmt.Fprintf(table, "%s\t%.0f M\t%d\t%d\t%s\t%s\t%s\t%s\t%s\t\n", m.Name, m.Parameters, m.Dimension, m.Image,
			strings.Join(m.Languages, " "), percent(m.Quality.ImageNet), m.Commercial, m.Licence, orDash(m.Repo))
	}
	if err := table.Flush(); err != nil {
		return err
	}
	_, err := fmt.Fprint(w, "\nIMAGENET is published top-1 accuracy, zero-shot. mul: a hundred languages or so. --json tells what could not be verified.\n")
	return err
}

func (one installedReport) from() string {
	if one.Version == 0 {
		return "-"
	}
	return one.Source.String()
}

func (one installedReport) since() string {
	if one.Installed.Installed.IsZero() {
		return "-"
	}
	return one.Installed.Installed.Local().Format("2006-01-02 15:04")
}

func (one installedReport) remark() string {
	switch {
	case one.Damaged != "":
		return one.Damaged
	case one.InUse:
		return "in use"
	}
	return ""
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}

func percent(value float64) string {
	if value == 0 {
		return "-"
	}
	return fmt.Sprintf("%.1f %%", value)
}
