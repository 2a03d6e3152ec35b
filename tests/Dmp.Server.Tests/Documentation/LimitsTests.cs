using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using Dmp.Annotations.V1;
using Dmp.Server.Calls;
using Dmp.Server.Messages;
using Google.Protobuf.Reflection;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>Every list, text and bytes field that can be sent has a limit in the contract, its comment names it, and docs/limits.md lists
/// it.</summary>
public sealed partial class LimitsTests
{
    private const string UniqueId =
        "as identifier, without any blank; an OID with or without `urn:oid:`, and a UUID in either case with or without `urn:uuid:`, "
        + "are one identifier, kept as `1.2.3` and `urn:uuid:` in lower case";

    private const string Others = "Fields that are not listed are numbers, times, choices and single messages.";

    // Not indented: its lines are as wide as those of the page.
    private const string Head =
$"""
# Limits

How much each field of a request may hold. It is checked while the message is read, before anything is done with it: what is above a
limit is refused with `FIELDS_INVALID` and the path of the field, a list that is too long as one fault, whatever is in it. In an import the
document is refused, not the call. At most 50 faults are told, and as many as fit into 6 KiB of trailers; "and more" stands for the rest. A
message has at most 1 MiB (`MESSAGE_TOO_LARGE`), headers 32 KiB. Fields that the contract does not know are dropped.

Characters are Unicode scalar values. No text holds control characters, noncharacters, what changes the direction of writing, or what
nobody sees (a zero-width joiner stands where a script or a pictogram needs it), and none is blank. Beyond that:

| Kind | What it holds |
|---|---|
| identifier | one line, no blanks at its ends, no characters for private use; 64 characters where nothing else is said |
| unique id | {UniqueId} |
| line | one line |
| lines | several lines, tabs, soft hyphens |
| name | letters with their marks, digits, spaces, apostrophes, hyphens and `. , ( ) / & + : _ ° ·`; no blanks at its ends |

This page is made from the `limits` option of each field in `protos/`. {Others}

| Field | Kind | Items | Characters | Bytes |
|---|---|---|---|---|

""";

    private static IEnumerable<MessageDescriptor> Requests =>
        OfferedServices.All.SelectMany(service => service.Methods).Select(method => method.InputType);

    [Fact]
    public void Every_list_and_every_bytes_field_of_a_request_says_how_much_it_holds()
    {
        foreach (var field in Reachable().SelectMany(message => message.Fields.InDeclarationOrder()))
        {
            var limits = field.GetOptions()?.GetExtension(AnnotationsExtensions.Limits);
            Assert.True(!field.IsRepeated || limits?.MaxItems > 0, $"{field.FullName} is a list without max_items.");
            Assert.True(field.FieldType != FieldType.Bytes || limits?.MaxBytes > 0, $"{field.FullName} has no max_bytes.");
            Assert.True(
                field is not { FieldType: FieldType.Message, MessageType.FullName: "google.protobuf.FieldMask" } || limits?.MaxItems > 0,
                $"{field.FullName} has no max_items.");
            Assert.True(limits?.MaxCharacters is null or 0 || field.FieldType == FieldType.String, $"{field.FullName} is no text.");
        }
    }

    [Fact]
    public void No_request_can_be_nested_without_end() =>
        Assert.All(Reachable(), message => Assert.DoesNotContain(message, Below(message)));

    [Fact]
    public void Every_request_can_be_bounded() => Assert.All(Requests, request => Assert.NotNull(MessageLimits.Of(request)));

    [Fact]
    public void The_comment_of_a_field_names_its_limits()
    {
        foreach (var field in Reachable().SelectMany(message => message.Fields.InDeclarationOrder()))
        {
            if (field.GetOptions()?.GetExtension(AnnotationsExtensions.Limits) is not { } limits)
            {
                continue;
            }

            var comment = CommentOf(field);
            foreach (var limit in new[] { limits.MaxItems, limits.MaxCharacters, limits.MaxBytes }.Where(limit => limit > 0))
            {
                Assert.True(
                    Regex.IsMatch(comment, $@"(?<![\d,]){limit.ToString("N0", CultureInfo.InvariantCulture)}(?![\d,]*\d)"),
                    $"The comment of {field.FullName} does not say {limit:N0}: {comment}");
            }
        }
    }

    [Fact]
    public void The_list_of_limits_is_up_to_date()
    {
        var text = new StringBuilder(Head);
        foreach (var message in Reachable().Where(message => message.FullName.StartsWith("dmp.", StringComparison.Ordinal)).OrderBy(
            message => message.FullName, StringComparer.Ordinal))
        {
            foreach (var limits in MessageLimits.Of(message).Fields.Where(
                limits => limits.ItemsMax > 0 || limits.BytesMax > 0 || limits.Field.FieldType == FieldType.String))
            {
                var isText = limits.Field.FieldType == FieldType.String;
                text.Append(
                    CultureInfo.InvariantCulture,
                    $"| `{message.FullName["dmp.".Length..]}.{limits.Field.Name}` | {(isText ? Kind(limits.Text) : "")} | "
                    + $"{Number(limits.ItemsMax)} | {(isText ? Number(limits.CharactersMax) : "")} | {Number(limits.BytesMax)} |\n");
            }
        }

        Repository.AssertHolds("docs/limits.md", text.ToString());
    }

    private static string Number(int limit) => limit == 0 ? "" : limit.ToString("N0", CultureInfo.InvariantCulture);

    private static string Kind(TextKind kind) => kind == TextKind.UniqueId ? "unique id" : kind.ToString().ToLowerInvariant();

    private static HashSet<MessageDescriptor> Reachable()
    {
        HashSet<MessageDescriptor> seen = [.. Requests];
        foreach (var request in Requests)
        {
            seen.UnionWith(Below(request));
        }

        return [.. seen.Where(message => message.FullName.StartsWith("dmp.", StringComparison.Ordinal))];
    }

    private static HashSet<MessageDescriptor> Below(MessageDescriptor message)
    {
        HashSet<MessageDescriptor> seen = [];
        var open = new Stack<MessageDescriptor>([message]);
        while (open.TryPop(out var next))
        {
            foreach (var field in next.Fields.InDeclarationOrder().Where(
                field => field.FieldType == FieldType.Message && seen.Add(field.MessageType)))
            {
                open.Push(field.MessageType);
            }
        }

        return seen;
    }

    // Descriptors in the program carry no comments.
    private static string CommentOf(FieldDescriptor field)
    {
        var lines = Repository.Read($"protos/{field.File.Name}").Split('\n');
        var start = Array.FindIndex(lines, line => line.StartsWith($"message {field.ContainingType.Name} {{", StringComparison.Ordinal));
        var at = Array.FindIndex(
            lines, start, line => Declaration().Match(line) is { Success: true } found && found.Groups[1].Value == field.Name);
        var comment = new List<string>();
        for (var i = at - 1; lines[i].TrimStart().StartsWith("//", StringComparison.Ordinal); i--)
        {
            comment.Insert(0, lines[i].TrimStart(' ', '/'));
        }

        return string.Join(' ', comment);
    }

    [GeneratedRegex(@"^\s+(?:repeated |optional )?[\w.]+ (\w+) = \d+[ ;]")]
    private static partial Regex Declaration();
}
