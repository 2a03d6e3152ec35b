using System.CommandLine;
using System.Globalization;
using Dmp.Codes;
using Dmp.Interactions;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Cli.References;

/// <summary><c>dmp reference import|list|show|activate</c>: the published files that the platform repeats.</summary>
internal static class ReferenceCommand
{
    private const int NameLengthMax = 64;
    private const int SourceLengthMax = 500;
    private const int ListsMax = 20;

    private static readonly string[] kinds =
        [ReadEdition.Thesaurus, ReadEdition.Medicines, .. CodeKinds.All.Keys.Order(StringComparer.Ordinal)];

    public static Command Create()
    {
        var connection = OwnerConnection.Option();
        return new Command("reference", "Editions of published files: interactions, medicines, code systems, value sets.")
        {
            connection,
            new Command("import", "Make published files an edition. Prints what is odd in them, and what changes.")
            {
                Thesaurus(connection), Medicines(connection),
                Loinc(connection),
                CodeSystem(connection, CodeKinds.Ccam, "Medical acts (CCAM): R_ACTE.dbf of the health insurance, or a FHIR CodeSystem."),
                CodeSystem(connection, CodeKinds.Cim10, "ICD-10 (CIM-10): LIBCIM10MULTI.TXT of ATIH, ClaML, or a FHIR CodeSystem."),
                CodeSystem(connection, CodeKinds.Atc, "Classes of medicines (ATC): the index of the WHO in XML, or a FHIR CodeSystem."),
                CodeSystem(connection, CodeKinds.Nabm, "Acts of laboratories (NABM): NABM_FICHE_TOTnnn.dbf, or a FHIR CodeSystem."),
                ValueSets(connection),
            },
            List(connection), Show(connection), Activate(connection),
        };
    }

    private static Command Thesaurus(Option<string?> connection)
    {
        var text = FileOption("--text", "The rules: the published text with its layout.");
        var table = FileOption("--table", "A table made from the text (CSV), to compare it with.");
        var rules = FileOption("--rules", "The rules as JSON; then --substances too.");
        var substances = FileOption("--substances", "The substances with their classes, as JSON.");
        Command command = new(ReadEdition.Thesaurus, "The national thesaurus of drug interactions (ANSM).")
        {
            text, table, rules, substances,
        };
        ImportOptions import = new(command, connection);
        command.Validators.Add(result =>
        {
            var isText = result.GetValue(text) is not null;
            if (isText == (result.GetValue(rules) is not null)
                || (result.GetValue(rules) is null) != (result.GetValue(substances) is null)
                || (!isText && result.GetValue(table) is not null))
            {
                result.AddError("Give --text (and --table), or --rules and --substances.");
            }
        });
        command.SetAction(async (parsed, ct) =>
        {
            Dictionary<string, PublishedFile> parts = [];
            foreach (var (part, option) in new[]
            {
                (ThesaurusFiles.Text, text), (ThesaurusFiles.Table, table), (ThesaurusFiles.Rules, rules),
                (ThesaurusFiles.Substances, substances),
            })
            {
                if (parsed.GetValue(option) is { } file)
                {
                    parts[part] = PublishedFile.At(file.FullName);
                }
            }

            return await import.RunAsync(parsed, ReadEdition.Thesaurus, parts, ct);
        });
        return command;
    }

    private static Command Medicines(Option<string?> connection) => Folder(
        connection,
        ReadEdition.Medicines,
        "The public medicines database (BDPM).",
        "The files of the public medicines database as they were downloaded.",
        BdpmFiles.FileNames.Contains);

    private static Command ValueSets(Option<string?> connection) => Folder(
        connection,
        CodeKinds.ValueSets.Name,
        "Value sets (jeux de valeurs) in the form of IHE SVS.",
        "The files of the value sets (.xml): an edition is all of them.",
        name => name.EndsWith(".xml", StringComparison.OrdinalIgnoreCase));

    private static Command Loinc(Option<string?> connection)
    {
        var table = FileOption("--table", "Loinc.csv or LoincTableCore.csv, or a FHIR CodeSystem (.json).");
        table.Required = true;
        var french = FileOption("--french", "Its names in French (frFR…LinguisticVariant.csv).");
        Command command = new(CodeKinds.Loinc.Name, "LOINC, as Regenstrief offers it.") { table, french };
        ImportOptions import = new(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            Dictionary<string, PublishedFile> parts = new()
            {
                [CodeFiles.Table] = PublishedFile.At(parsed.GetRequiredValue(table).FullName),
            };
            if (parsed.GetValue(french) is { } names)
            {
                parts[CodeFiles.French] = PublishedFile.At(names.FullName);
            }

            return await import.RunAsync(parsed, CodeKinds.Loinc.Name, parts, ct);
        });
        return command;
    }

    private static Command CodeSystem(Option<string?> connection, CodeKind kind, string description)
    {
        var file = new Argument<FileInfo>("FILE") { Description = "The file as it was downloaded." }.AcceptExistingOnly();
        Command command = new(kind.Name, description) { file };
        ImportOptions import = new(command, connection);
        command.SetAction((parsed, ct) => import.RunAsync(
            parsed,
            kind.Name,
            new Dictionary<string, PublishedFile> { [CodeFiles.Table] = PublishedFile.At(parsed.GetRequiredValue(file).FullName) },
            ct));
        return command;
    }

    /// <summary>An edition that is a folder of files, each known by its name.</summary>
    private static Command Folder(
        Option<string?> connection, string kind, string description, string folderDescription, Func<string, bool> isPart)
    {
        var folder = new Argument<DirectoryInfo>("FOLDER") { Description = folderDescription }.AcceptExistingOnly();
        Command command = new(kind, description) { folder };
        ImportOptions import = new(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            var files = PublishedFile.In(parsed.GetRequiredValue(folder).FullName);
            foreach (var other in files.Where(file => !isPart(file.Name)))
            {
                await parsed.InvocationConfiguration.Error.WriteLineAsync($"{other.Name} is no file of this kind, and is left out.");
            }

            return await import.RunAsync(parsed, kind, files.Where(file => isPart(file.Name)).ToDictionary(file => file.Name), ct);
        });
        return command;
    }

    private static Command List(Option<string?> connection)
    {
        Command command = new("list", "List the editions, by kind, with when each is or was in force.");
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            var now = await ReferenceSql.NowAsync(database, ct);
            var activations = await ReferenceSql.ActivationsAsync(database, ct);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{"kind",-10}  {"edition",-20}  {"state",-10}  {"effective",-27}  {"imported",-27}  source");
            foreach (var kind in (await ReferenceSql.EditionsAsync(database, ct)).GroupBy(edition => edition.Kind))
            {
                var ofKind = activations.Where(row => kind.Any(edition => edition.EditionId == row.EditionId)).ToList();
                var current = ofKind.FindLast(row => row.EffectiveTime <= now);
                foreach (var edition in kind)
                {
                    var last = ofKind.FindLast(row => row.EditionId == edition.EditionId);
                    var state = last is null ? "imported"
                        : current?.EditionId == edition.EditionId ? "in force"
                        : last.EffectiveTime > now ? "scheduled" : "superseded";
                    var effective = state == "in force" ? current!.EffectiveTime : last?.EffectiveTime;
                    await output.WriteLineAsync(
                        $"{edition.Kind,-10}  {edition.Name,-20}  {state,-10}  "
                        + $"{(effective is { } time ? OperatorTime.Write(time) : "-"),-27}  {OperatorTime.Write(edition.ImportTime),-27}  "
                        + edition.Source);
                }
            }

            return DmpCommand.Done;
        });
        return command;
    }

    private static Command Show(Option<string?> connection)
    {
        var (kind, name) = (KindArgument(), NameArgument());
        var all = All();
        Command command = new("show", "Print the files of an edition with their digests, its code lists, and what is odd in its files.")
        {
            kind, name, all,
        };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            var edition = await FindAsync(database, parsed.GetRequiredValue(kind), parsed.GetRequiredValue(name), ct);
            var files = await ReferenceSql.FilesAsync(database, edition.EditionId, ct);
            var read = await ReferenceImport.ReadStoredAsync(database, edition, ct);
            var output = parsed.InvocationConfiguration.Output;
            await output.WriteLineAsync($"{edition.Kind} {edition.Name}: {read.Summary}. {edition.Source}");
            foreach (var file in files)
            {
                await output.WriteLineAsync(string.Create(
                    CultureInfo.InvariantCulture, $"{Convert.ToHexStringLower(file.Sha256)}  {file.Name}  {file.SizeBytes} bytes"));
            }

            if (edition.LeftOut > 0)
            {
                await output.WriteLineAsync(
                    string.Create(CultureInfo.InvariantCulture, $"{edition.LeftOut} rows of its files were wrong and are left out"));
            }

            await WriteListsAsync(output, read.Lists, parsed.GetValue(all) ? int.MaxValue : ListsMax);
            await ReferenceImport.WriteNoticesAsync(
                output, read.Notices, parsed.GetValue(all) ? int.MaxValue : ReferenceImport.NoticesMax);
            return DmpCommand.Done;
        });
        return command;
    }

    private static async Task WriteListsAsync(TextWriter output, IReadOnlyList<CodeList> lists, int listsMax)
    {
        foreach (var list in lists.Take(listsMax))
        {
            var name = $"{list.Name} {list.Version}".Trim();
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"{list.Oid}  {list.Concepts.Count,7} codes  {name}"));
        }

        if (lists.Count > listsMax)
        {
            await output.WriteLineAsync(
                string.Create(CultureInfo.InvariantCulture, $"and {lists.Count - listsMax} lists more; --all prints them"));
        }
    }

    private static Command Activate(Option<string?> connection)
    {
        var (kind, name) = (KindArgument(), NameArgument());
        var effective = Effective("From when on: now (default), or a later time such as 2026-12-01T00:00:00Z.");
        Command command = new("activate", "Put an imported edition in force; also an older one, to go back.") { kind, name, effective };
        OwnerConnection.Require(command, connection);
        command.SetAction(async (parsed, ct) =>
        {
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            await using var transaction = await database.BeginTransactionAsync(ct);
            await ReferenceSql.LockAsync(database, ct);
            var edition = await FindAsync(database, parsed.GetRequiredValue(kind), parsed.GetRequiredValue(name), ct);
            var start = await ReferenceImport.StartAsync(database, parsed.GetValue(effective), ct);
            await ReferenceSql.ActivateAsync(database, edition.EditionId, start, ct);
            await transaction.CommitAsync(CancellationToken.None);
            await parsed.InvocationConfiguration.Output.WriteLineAsync(
                $"{edition.Kind} {edition.Name} is in force from {OperatorTime.Write(start)}.");
            return DmpCommand.Done;
        });
        return command;
    }

    private static async Task<ReferenceRow> FindAsync(Npgsql.NpgsqlConnection database, string kind, string name, CancellationToken ct) =>
        await ReferenceSql.FindAsync(database, kind, name, ct)
            ?? throw new RefusedException($"There is no {kind} {name}. See dmp reference list.");

    private static Argument<string> KindArgument()
    {
        Argument<string> kind = new("KIND") { Description = $"One of {string.Join(", ", kinds)}." };
        kind.AcceptOnlyFromAmong(kinds);
        return kind;
    }

    private static Argument<string> NameArgument() => new("EDITION") { Description = "Its name." };

    private static Option<FileInfo> FileOption(string name, string description) =>
        new Option<FileInfo>(name) { Description = description, HelpName = "FILE" }.AcceptExistingOnly();

    private static Option<OperatorTime?> Effective(string description) =>
        new("--effective") { Description = description, HelpName = "TIME", CustomParser = OperatorTime.Parse };

    private static Option<bool> All() => new("--all") { Description = "Print every odd row, every list, and every line that changes." };

    /// <summary>The options that both imports have.</summary>
    private sealed class ImportOptions
    {
        private readonly Option<string?> connection;
        private readonly Option<string> edition =
            Words("--edition", "What it is called, such as 2023-09: part of the ids of its rules.", NameLengthMax);

        private readonly Option<string> source = Words("--source", "Where it is from, and when: told with each answer.", SourceLengthMax);
        private readonly Option<OperatorTime?> effective =
            Effective("From when on it is in force: now, or a later time such as 2026-12-01T00:00:00Z. Without it, it is imported only.");

        private readonly Option<bool> acceptFaults = new("--accept-faults") { Description = "Leave out rows that are wrong." };
        private readonly Option<bool> dryRun = new("--dry-run")
        {
            Description = "Print what is odd and what would change, and change nothing.",
        };

        private readonly Option<bool> all = All();

        public ImportOptions(Command command, Option<string?> connection)
        {
            this.connection = connection;
            foreach (var option in new Option[] { edition, source, effective, acceptFaults, dryRun, all })
            {
                command.Add(option);
            }

            OwnerConnection.Require(command, connection);
        }

        public async Task<int> RunAsync(
            ParseResult parsed, string kind, IReadOnlyDictionary<string, PublishedFile> parts, CancellationToken ct)
        {
            ReferenceImport import = new()
            {
                Kind = kind,
                Name = parsed.GetRequiredValue(edition).Trim(),
                Source = parsed.GetRequiredValue(source).Trim(),
                Parts = parts,
                Start = parsed.GetValue(effective),
                AcceptFaults = parsed.GetValue(acceptFaults),
                PrintAll = parsed.GetValue(all),
                DryRun = parsed.GetValue(dryRun),
            };
            await using var database = await OwnerConnection.OpenAsync(parsed.GetValue(connection), ct);
            await import.RunAsync(database, parsed.InvocationConfiguration.Output, ct);
            return DmpCommand.Done;
        }

        private static Option<string> Words(string name, string description, int lengthMax)
        {
            Option<string> option = new(name) { Description = description, HelpName = "TEXT", Required = true };
            option.Validators.Add(result =>
            {
                if (result.Tokens is [{ Value: var text }]
                    && (string.IsNullOrWhiteSpace(text) || text.Length > lengthMax || text.Any(char.IsControl)))
                {
                    result.AddError(string.Create(CultureInfo.InvariantCulture, $"{name} is 1 to {lengthMax} characters on one line."));
                }
            });
            return option;
        }
    }
}
