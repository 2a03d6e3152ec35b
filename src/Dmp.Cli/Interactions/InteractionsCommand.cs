using System.CommandLine;
using Dmp.Interactions;
using Dmp.Interactions.Checks;
using Dmp.Interactions.Mapping;
using Dmp.Interactions.Medicines;
using Dmp.Interactions.Thesauri;

namespace Dmp.Cli.Interactions;

/// <summary><c>dmp interactions read|check</c>: published files of rules and medicines, without a platform.</summary>
internal static class InteractionsCommand
{
    public static Command Create() => new(
        "interactions", "Which rules of the interaction thesaurus a set of medicines meets: from published files, without a platform.")
    {
        Read(), Check(),
    };

    private static Command Read()
    {
        var files = new Files();
        Option<bool> unmapped = new("--unmapped") { Description = "List the substances of sold products that no rule names." };
        Command command = new("read", "Read the files of an edition, and say what is odd in them.") { unmapped };
        files.AddTo(command);
        command.SetAction(async (parsed, _) =>
        {
            var output = parsed.InvocationConfiguration.Output;
            var (thesaurus, medicines) = (files.Thesaurus(parsed), files.Medicines(parsed));
            var notices = thesaurus.Notices.Concat(medicines?.Notices ?? []).ToList();
            foreach (var notice in notices)
            {
                await output.WriteLineAsync($"{(notice.IsFault ? "wrong" : "odd"),-8}  {notice.File}:{notice.Line}  {notice.Text}");
            }

            await output.WriteLineAsync($"{thesaurus.Thesaurus.Rules.Count} rules, {thesaurus.Thesaurus.Substances.Count} substances");
            if (medicines is not null)
            {
                var checker = new InteractionChecker(thesaurus.Thesaurus, medicines.Table);
                await CoverageAsync(output, checker, medicines.Table, parsed.GetValue(unmapped));
            }

            return notices.Any(notice => notice.IsFault) ? DmpCommand.Refused : DmpCommand.Done;
        });
        return command;
    }

    private static Command Check()
    {
        var files = new Files();
        Argument<string[]> items = new("ITEM")
        {
            Description = "A code CIS or CIP of a product, or the name of a substance.",
            Arity = ArgumentArity.ZeroOrMore,
        };
        var documents = new Option<FileInfo[]>("--document")
        {
            Description = "A CDA document, whose medicines are checked too; may be given again.",
            HelpName = "FILE",
        }.AcceptExistingOnly();
        items.Validators.Add(result =>
        {
            if (result.Tokens.Count > InteractionChecker.MaxItems || result.Tokens.Any(token => string.IsNullOrWhiteSpace(token.Value)))
            {
                result.AddError($"{InteractionChecker.MaxItems} items at most, none of them blank.");
            }
        });
        Command command = new("check", "Print every pair of medicines with the rules that it meets.") { items, documents };
        files.AddTo(command);
        command.Validators.Add(result =>
        {
            if (result.GetResult(items) is not { Tokens.Count: > 0 } && result.GetResult(documents) is null)
            {
                result.AddError("Name a medicine, or a document.");
            }
        });
        command.SetAction(async (parsed, _) =>
        {
            var table = files.Medicines(parsed)?.Table;
            var checker = new InteractionChecker(files.Thesaurus(parsed).Thesaurus, table);
            List<(CheckItem Item, string? Source)> asked = [.. (parsed.GetValue(items) ?? []).Select(text => (Item(text), (string?)null))];
            foreach (var file in parsed.GetValue(documents) ?? [])
            {
                asked.AddRange(StatedMedicines.Of(file, table));
            }

            if (asked.Count > InteractionChecker.MaxItems)
            {
                throw new RefusedException($"These are {asked.Count} medicines; {InteractionChecker.MaxItems} are checked at most.");
            }

            var report = checker.Check([.. asked.Select(one => one.Item)]);
            await InteractionsText.WriteAsync(parsed.InvocationConfiguration.Output, report, [.. asked.Select(one => one.Source)]);
            return DmpCommand.Done;
        });
        return command;
    }

    /// <summary>Digits are a code, anything else a name.</summary>
    private static CheckItem Item(string text) =>
        text.All(char.IsAsciiDigit) ? new CheckItem { ProductCode = text } : new CheckItem { SubstanceName = text };

    private static async Task CoverageAsync(TextWriter output, InteractionChecker checker, MedicineTable table, bool withList)
    {
        var products = table.ByCis.Values.Where(medicine => medicine is { IsMarketed: true, IsHomeopathic: false }).ToList();
        var mapped = products.Select(checker.Map).ToList();
        var whole = mapped.Count(substances => substances.Count > 0 && substances.All(substance => substance.Key is not null));
        var unknown = mapped.Count(InteractionChecker.IsUnknown);
        if (withList)
        {
            // For the person who looks: the most frequent first.
            var missing = mapped.SelectMany(substances => substances).Where(substance => substance.Key is null)
                .CountBy(substance => (substance.Outcome, Name: substance.Published))
                .OrderBy(entry => entry.Key.Outcome)
                .ThenByDescending(entry => entry.Value)
                .ThenBy(entry => entry.Key.Name, StringComparer.Ordinal);
            foreach (var ((outcome, name), count) in missing)
            {
                await output.WriteLineAsync($"{(outcome == MappingOutcome.Unknown ? "not known" : "no rule"),-9}  {count,4}  {name}");
            }
        }

        await output.WriteLineAsync(
            $"{table.ByCis.Count} products; of {products.Count} that are sold and not homeopathic {whole} have all of their substances in "
            + $"the thesaurus, {products.Count - whole - unknown} one or more without a rule, and of {unknown} nothing can be said");
    }

    /// <summary>The options that both commands have.</summary>
    private sealed class Files
    {
        private readonly Option<FileInfo> thesaurus = new Option<FileInfo>("--thesaurus")
        {
            Description = "The rules: the published text with its layout, or JSON (then --substances too).",
            HelpName = "FILE",
            Required = true,
        }.AcceptExistingOnly();

        private readonly Option<string> edition = new("--edition")
        {
            Description = "What the edition is called, such as 2023-09: part of the ids of its rules. Default: the name of the file.",
            HelpName = "NAME",
        };

        private readonly Option<FileInfo> substances = new Option<FileInfo>("--substances")
        {
            Description = "The substances with their classes, as JSON.",
            HelpName = "FILE",
        }.AcceptExistingOnly();

        private readonly Option<FileInfo> table = new Option<FileInfo>("--table")
        {
            Description = "A table made from the text (CSV), to compare it with.",
            HelpName = "FILE",
        }.AcceptExistingOnly();

        private readonly Option<DirectoryInfo> medicines = new Option<DirectoryInfo>("--medicines")
        {
            Description = "A folder with the files of the public medicines database.",
            HelpName = "FOLDER",
        }.AcceptExistingOnly();

        public void AddTo(Command command)
        {
            command.Add(thesaurus);
            command.Add(edition);
            command.Add(substances);
            command.Add(table);
            command.Add(medicines);
        }

        public ThesaurusReading Thesaurus(ParseResult parsed)
        {
            var file = parsed.GetRequiredValue(thesaurus);
            var name = parsed.GetValue(edition) ?? Path.GetFileNameWithoutExtension(file.Name);
            try
            {
                return parsed.GetValue(substances) is { } index
                    ? JsonThesaurus.Read(name, PublishedFile.At(index.FullName), PublishedFile.At(file.FullName))
                    : TextThesaurus.Read(
                        name,
                        PublishedFile.At(file.FullName),
                        parsed.GetValue(table) is { } other ? PublishedFile.At(other.FullName) : null);
            }
            catch (InvalidDataException fault)
            {
                throw new RefusedException(fault.Message);
            }
        }

        public MedicineReading? Medicines(ParseResult parsed) =>
            parsed.GetValue(medicines) is { } folder ? BdpmFiles.Read(folder.Name, PublishedFile.In(folder.FullName)) : null;
    }
}
