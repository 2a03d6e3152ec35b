using Dmp.Annotations.V1;
using Google.Api;
using Google.Protobuf;
using Google.Protobuf.Reflection;
using Google.Protobuf.WellKnownTypes;
using Google.Rpc;
using ErrorReason = Dmp.Error.V1.ErrorReason;

namespace Dmp.Server.Errors;

/// <summary>
/// Collects everything that is wrong with a request, so that the caller learns it at once. The presence of REQUIRED fields
/// is read from the contract; the rest is added by the <c>*Rules.cs</c> of the feature.
/// </summary>
internal sealed class FieldFaults
{
    // The range of google.protobuf.Timestamp: 0001-01-01T00:00:00Z to 9999-12-31T23:59:59Z.
    private const long TimeSecondsMin = -62_135_596_800;
    private const long TimeSecondsMax = 253_402_300_799;

    /// <summary>The most faults that are told. Whoever has made more mends these first.</summary>
    public const int Max = 50;

    private readonly List<BadRequest.Types.FieldViolation> violations = [];

    // What the message could not hold, and does not hold any more: nothing else is said about these fields.
    private int keptOut;
    private bool hasMore;

    /// <summary>
    /// Starts with what <paramref name="request"/> could not hold (<see cref="MessageFaults"/>) and the required fields that it lacks, at
    /// any depth.
    /// </summary>
    public static FieldFaults Of(IMessage request)
    {
        var faults = OfLimits(request);
        faults.CheckRequired(request, "");
        return faults;
    }

    /// <summary>Starts with what <paramref name="request"/> could not hold.</summary>
    public static FieldFaults OfLimits(IMessage request)
    {
        var faults = new FieldFaults();
        foreach (var fault in MessageFaults.Of(request))
        {
            faults.Add(fault.Field, fault.Description);
        }

        faults.keptOut = faults.violations.Count;
        return faults;
    }

    /// <summary>Adds a fault. The description says what is expected, never what came. Faults above <see cref="Max"/> are not
    /// told.</summary>
    public void Add(string field, string description)
    {
        if (violations.Count == Max)
        {
            hasMore = true;
        }
        else if (!violations.Take(keptOut).Any(fault => fault.Field == field))
        {
            violations.Add(new BadRequest.Types.FieldViolation { Field = field, Description = description });
        }
    }

    /// <summary>Adds the fault when <paramref name="isGood"/> is false.</summary>
    public void Require(bool isGood, string field, string description)
    {
        if (!isGood)
        {
            Add(field, description);
        }
    }

    /// <summary>
    /// Adds a fault for a text that is longer than its limit in characters (Unicode scalar values), or holds what no text may. What came in
    /// a message was checked by its own limits already (those of the contract); this is for what is read from documents too.
    /// </summary>
    public void Text(string value, string field, int charactersMax)
    {
        if (TextRules.FaultOf(value, TextKind.Lines, charactersMax) is { } fault)
        {
            Add(field, fault);
        }
    }

    /// <summary>Parses an identifier of ours. An absent one is a fault only where the field is required, which is checked before.</summary>
    public Guid Id(string value, string field)
    {
        if (value.Length == 0)
        {
            return Guid.Empty;
        }

        if (Guid.TryParseExact(value, "D", out var id))
        {
            return id;
        }

        Add(field, "Must be a UUID in the form 8-4-4-4-12.");
        return Guid.Empty;
    }

    /// <summary>A time; null when it is absent or, which is a fault, outside of what the type may hold.</summary>
    public DateTimeOffset? Time(Timestamp? value, string field)
    {
        if (value is null)
        {
            return null;
        }

        if (value.Seconds is < TimeSecondsMin or > TimeSecondsMax || value.Nanos is < 0 or > 999_999_999)
        {
            Add(field, "Must be a time between the years 1 and 9999 with 0 to 999999999 nanoseconds.");
            return null;
        }

        return value.ToDateTimeOffset();
    }

    /// <summary>The size of a page: 0 is the default, more than the maximum is the maximum, negative is a fault.</summary>
    public int PageSize(int pageSize)
    {
        Require(pageSize >= 0, "page_size", "Must not be negative.");
        return pageSize == 0 ? 50 : Math.Clamp(pageSize, 1, 200);
    }

    /// <summary>Refuses the call with all faults found, if any.</summary>
    public void ThrowIfAny(ErrorReason reason = ErrorReason.FieldsInvalid)
    {
        if (violations.Count > 0)
        {
            throw Failures.OfFields(reason, hasMore ? [.. violations, WireStatus.More] : violations);
        }
    }

    private void CheckRequired(IMessage message, string path)
    {
        foreach (var field in message.Descriptor.Fields.InFieldNumberOrder())
        {
            var name = path + field.Name;
            var value = field.Accessor.GetValue(message);
            if (field.IsRepeated)
            {
                var items = (System.Collections.IList)value;
                if (items.Count == 0 && IsRequired(field))
                {
                    Add(name, "Required.");
                }

                for (var i = 0; field.FieldType == FieldType.Message && i < items.Count; i++)
                {
                    CheckRequired((IMessage)items[i]!, $"{name}[{i}].");
                }
            }
            else if (field.FieldType == FieldType.Message)
            {
                if (value is IMessage inner)
                {
                    CheckRequired(inner, name + ".");
                }
                else if (IsRequired(field))
                {
                    Add(name, "Required.");
                }
            }
            else if (IsRequired(field) && IsDefault(value))
            {
                Add(name, "Required.");
            }
        }
    }

    private static bool IsRequired(FieldDescriptor field) =>
        field.GetOptions()?.GetExtension(FieldBehaviorExtensions.FieldBehavior)?.Contains(FieldBehavior.Required) == true;

    // A number is never absent in proto3: 0 is a value (an offset, a size), and its range is the rule's business.
    private static bool IsDefault(object value) => value switch
    {
        string text => text.Length == 0,
        ByteString bytes => bytes.IsEmpty,
        bool flag => !flag,
        System.Enum number => Convert.ToInt32(number, System.Globalization.CultureInfo.InvariantCulture) == 0,
        _ => false,
    };
}
