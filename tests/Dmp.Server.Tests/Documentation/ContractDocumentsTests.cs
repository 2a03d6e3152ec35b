using System.Globalization;
using System.Text;
using Dmp.Annotations.V1;
using Dmp.Error.V1;
using Dmp.Server.Calls;
using Dmp.Server.Errors;
using Dmp.Server.Tests.Fixtures;
using Google.Protobuf.Reflection;
using Google.Rpc;
using Xunit;

namespace Dmp.Server.Tests.Documentation;

/// <summary>The list of reasons and the access matrix in docs/ are what the contract says.</summary>
public sealed class ContractDocumentsTests
{
    private const string Callers = "professional | structure | patient | representative | caregiver | operator | auditor";

    public static TheoryData<ErrorReason> Reasons => new(Enum.GetValues<ErrorReason>().Where(reason => reason != ErrorReason.Unspecified));

    [Theory]
    [MemberData(nameof(Reasons))]
    public void Every_reason_has_a_code_and_both_texts(ErrorReason reason)
    {
        var status = Failures.ToStatus(reason);
        Assert.NotEqual(0, status.Code);
        Assert.NotEmpty(status.Message);
        Assert.NotEmpty(status.GetDetail<LocalizedMessage>()!.Message);
        Assert.Equal(Refusals.Name(reason), status.GetDetail<ErrorInfo>()!.Reason);
        var info = ReasonDescriptor((int)reason).GetOptions().GetExtension(AnnotationsExtensions.Error);
        Assert.Empty(Placeholders(info.MessageFr).Except(Placeholders(info.Message)));
    }

    [Fact]
    public void The_list_of_errors_is_up_to_date()
    {
        var text = new StringBuilder(
            """
            # Errors

            Every failure is a gRPC status with `google.rpc.ErrorInfo` (domain `dmp`, a stable `reason`), `LocalizedMessage` in
            French, and `RequestInfo` with the id to give to support; `FIELDS_INVALID` also carries `BadRequest` with every field
            at fault, and what may pass by itself carries `RetryInfo`. Act on `reason`; texts may change.

            This page is made from `protos/dmp/error/v1/error_reason.proto`, which says more about each.

            | Reason | Status | Retry | Meaning |
            |---|---|---|---|

            """);
        foreach (var value in ErrorReasonReflection.Descriptor.EnumTypes[0].Values.Where(value => value.Number != 0))
        {
            var error = value.GetOptions().GetExtension(AnnotationsExtensions.Error);
            var retry = error.RetryAfterSeconds > 0
                ? string.Create(CultureInfo.InvariantCulture, $"after {error.RetryAfterSeconds} s")
                : "";
            var code = ((Google.Rpc.Code)(int)error.Code).ToString();
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{Refusals.Name((ErrorReason)value.Number)}` | {UpperSnake(code)} | {retry} | {error.Message} |\n");
        }

        Repository.AssertHolds("docs/errors.md", text.ToString());
    }

    [Fact]
    public void The_access_matrix_is_up_to_date()
    {
        var text = new StringBuilder(
            $"""
            # Who may call what

            What a caller must be to the record for each method; an empty cell is never allowed. **identified**: a valid token of
            that kind is enough. **not blocked**: and the patient has not blocked the caller. **authorised**: and a consent of the
            patient is in force, or an emergency access is open. **owner**: what the column says to this very record: its patient, a legal
            representative (by token or by delegation), a caregiver (*aidant*, by delegation). On a closed record only the methods marked so
            can be called. Professionals and structures also need the function: in which modes, and how authenticated, says
            [the functional matrix](access-rules.md). Which documents a caller sees is decided for each document beside this.

            This page is made from the `access` option of each method in `protos/`.

            | Method | {Callers} | closed record | secret connection | function |
            |---|---|---|---|---|---|---|---|---|---|---|

            """);
        foreach (var method in OfferedServices.All.SelectMany(service => service.Methods))
        {
            var access = method.GetOptions().GetExtension(AnnotationsExtensions.Access);
            var cells = new[]
            {
                access.Professional, access.Structure, access.Patient, access.Representative, access.Caregiver, access.Operator,
                access.Auditor,
            }
                .Select(Cell);
            text.Append(
                CultureInfo.InvariantCulture,
                $"| `{method.Service.Name}/{method.Name}` | {string.Join(" | ", cells)} | {(access.OnClosedRecord ? "yes" : "")} | "
                + $"{(access.InSecret ? "yes" : "")} | "
                + $"{string.Join(", ", access.Functions.Select(function => UpperSnake($"{function}")))} |\n");
        }

        Repository.AssertHolds("docs/access-matrix.md", text.ToString());
    }

    private static string Cell(Relation relation) => relation switch
    {
        Relation.Identified => "identified",
        Relation.NotBlocked => "not blocked",
        Relation.Authorized => "authorised",
        Relation.Owner => "owner",
        _ => "",
    };

    private static string UpperSnake(string name) =>
        string.Concat(name.Select((c, i) => i > 0 && char.IsUpper(c) ? $"_{c}" : char.ToUpperInvariant(c).ToString()));

    private static EnumValueDescriptor ReasonDescriptor(int number) =>
        ErrorReasonReflection.Descriptor.EnumTypes[0].FindValueByNumber(number);

    private static string[] Placeholders(string text) =>
        [.. text.Split('{').Skip(1).Select(part => part[..part.IndexOf('}', StringComparison.Ordinal)]).Order(StringComparer.Ordinal)];
}
