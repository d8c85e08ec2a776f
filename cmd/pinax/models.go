package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"

	"pinax/encoder"
	"pinax/encoder/catalogue"
	"pinax/encoder/hub"
	"pinax/encoder/onnx"
	"pinax/encoder/store"
	"pinax/engine"
)

type modelsCommand struct {
	List   modelsListCommand   `cmd:"" help:"Tell which models are installed and which are known to be good."`
	Pull   modelsPullCommand   `cmd:"" help:"Install a model from a hub; run again, it goes on where it was interrupted."`
	Import modelsImportCommand `cmd:"" help:"Install a model from a folder, a .tar, a .tar.gz or a .zip, without network."`
	Verify modelsVerifyCommand `cmd:"" help:"Hash the files of installed models again and tell which differ."`
	Remove modelsRemoveCommand `cmd:"" help:"Remove an installed model."`
	Bench  modelsBenchCommand  `cmd:"" help:"Measure a model on this machine."`
}

// modelSettings are the flags of every command on models.
type modelSettings struct {
	settings
	Data string `help:"Folder of the database; models are in it unless models.dir says otherwise." type:"path" placeholder:"DIR"`
}

func (s modelSettings) load() (config, error) {
	return s.settings.load(map[string]string{"data": s.Data})
}

type modelsPullCommand struct {
	modelSettings
	Model     string `arg:"" help:"A repository as in owner/name, or a name of the catalogue; with @ and a branch, tag or commit if need be."`
	Precision string `default:"auto" enum:"auto,f32,f16,int8" help:"Of the weights: auto, f32, f16 or int8."`
	Name      string `help:"Name of the installed model; otherwise made of repository and commit."`
	Weights   bool   `help:"Take model.safetensors too, for exports whose graphs end before the projection."`
	Offline   bool   `help:"Do not use the network: take the model from the cache of the hub's own client."`
	Quiet     bool   `short:"q" help:"Show no progress."`
}

// Run installs a model from a hub.
func (cmd *modelsPullCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	ref, err := findRef(cmd.Model)
	if err != nil {
		return err
	}
	client, err := hubClient(cfg, cmd.Offline)
	if err != nil {
		return err
	}
	show := newTransfer(cmd.Quiet)
	o := installOptions(cfg, cmd.Precision, show)
	o.Name, o.Weights = cmd.Name, cmd.Weights
	one, err := cfg.modelStore().Pull(ctx, client, ref, o)
	show.end()
	if ctx.Err() != nil {
		return fmt.Errorf("interrupted: %w\n  run the same command again to go on", ctx.Err())
	}
	if err != nil {
		return err
	}
	return tellInstalled(one)
}

// findRef reads what is to be pulled: a repository, or an entry of the catalogue.
func findRef(text string) (hub.Ref, error) {
	ref, err := hub.ParseRef(text)
	if err != nil || strings.Contains(ref.Repo, "/") {
		return ref, err
	}
	all, err := catalogue.Load()
	if err != nil {
		return ref, err
	}
	switch m, ok := all.Find(ref.Repo); {
	case ok && m.Repo == "":
		return ref, engine.Errorf(engine.CodeNotFound, "nobody is known to have exported %s (%s) to ONNX", m.Name, m.Of).
			WithHint("export it and use `pinax models import`")
	case ok:
		ref.Repo = m.Repo
	}
	return ref, nil
}

// hubClient makes a client of what the environment and the configuration say; the latter wins.
func hubClient(cfg config, offline bool) (*hub.Client, error) {
	o, err := hub.FromEnvironment(os.Getenv)
	if err != nil {
		return nil, err
	}
	if cfg.Models.Endpoint != "" {
		o.Endpoint = cfg.Models.Endpoint
	}
	o.Offline = o.Offline || cfg.Models.Offline || offline
	return hub.New(o)
}

func installOptions(cfg config, precision string, show *transfer) store.Options {
	machine := store.ThisMachine()
	provider := onnx.Provider(cfg.Encoder.Provider)
	machine.GPU = provider == onnx.CUDA || provider == onnx.TensorRT || provider == encoder.Auto && onnx.HasNVIDIA()
	return store.Options{
		Wanted: store.Wanted{Precision: store.Precision(precision), Machine: machine},
		Check:  opensAsEncoder(cfg), Chosen: show.begin, Progress: show.add,
	}
}

// opensAsEncoder runs a model once, on the CPU, which can run all of them and needs no engines built.
func opensAsEncoder(cfg config) store.Check {
	return func(folder fs.FS) error {
		o := encoderOptions(cfg, engine.Unobserved{})
		o.Provider, o.Devices, o.Threads, o.Precision = onnx.CPU, nil, 1, encoder.AnyPrecision
		enc, err := encoder.Open(folder, o)
		if err != nil {
			return err
		}
		return enc.Close()
	}
}

func tellInstalled(one store.Installed) error {
	fmt.Printf("%s is installed in %s (%s, %s)\n", one.Name, one.Dir, one.Precision, inUnits(one.Bytes()))
	fmt.Printf("use it by: encoder.model: %s\n", one.Name)
	all, err := catalogue.Load()
	if err != nil {
		return err
	}
	if m, ok := all.Find(one.Source.Repo); ok && m.Commercial != catalogue.Yes {
		fmt.Printf("its licence is %q; commercial use: %s\n", m.Licence, m.Commercial)
	}
	return nil
}

type modelsImportCommand struct {
	modelSettings
	Path      string `arg:"" help:"A model folder, or a tar, gzipped tar or zip of one." type:"path"`
	Precision string `default:"auto" enum:"auto,f32,f16,int8" help:"Of the weights, where there are several: auto, f32, f16 or int8."`
	Name      string `help:"Name of the installed model; otherwise that of the folder or archive."`
	Weights   bool   `help:"Take model.safetensors too, even if the model opens without."`
	Quiet     bool   `short:"q" help:"Show no progress."`
}

// Run installs a model that is on this machine.
func (cmd *modelsImportCommand) Run(ctx context.Context) error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	show := newTransfer(cmd.Quiet)
	o := installOptions(cfg, cmd.Precision, show)
	o.Name, o.Weights = cmd.Name, cmd.Weights
	one, err := cfg.modelStore().Import(ctx, cmd.Path, o)
	show.end()
	if err != nil {
		return fmt.Errorf("%s: %w", cmd.Path, err)
	}
	return tellInstalled(one)
}

type modelsRemoveCommand struct {
	modelSettings
	Name string `arg:"" help:"Name of an installed model."`
}

// Run removes a model, unless the configuration names it: a server would not start any more.
func (cmd *modelsRemoveCommand) Run() error {
	cfg, err := cmd.load()
	if err != nil {
		return err
	}
	models := cfg.modelStore()
	one, err := models.Find(cmd.Name)
	if engine.CodeOf(err) == engine.CodeDamaged {
		err = nil // which is a reason to remove it
	}
	if err != nil {
		return err
	}
	if cfg.namesModelIn(one.Dir) {
		return engine.Errorf(engine.CodeConflict, "the configuration names %s as its encoder", one.Name).
			WithHint("set encoder.model or encoder.members to others first; collections that were written with this one need it")
	}
	if err := models.Remove(one); err != nil {
		return err
	}
	fmt.Printf("removed %s\n", one.Name)
	return nil
}

// errDiffer ends `models verify` when files differ, after all of them have been told.
var errDiffer = errors.New("some files differ")
